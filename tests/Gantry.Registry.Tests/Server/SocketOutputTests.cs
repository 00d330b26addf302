using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;
using Gantry.RegistryServer.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gantry.Registry.Tests.Server;

/// <summary>Contents go from the kernel's page cache to the socket; what a client sees of it is the same as ever.</summary>
public sealed class SocketOutputTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Memory_stands_for_a_files_bytes_only_when_it_was_promised()
    {
        var content = TestContent.Bytes(3_000_000);
        File.WriteAllBytes(_directory.At("file"), content);
        using var file = File.OpenHandle(_directory.At("file"));

        var received = await ThroughAsync(async output =>
        {
            Write(output, "head ");
            output.Promise(file, 1000);
            var memory = output.GetMemory(SocketOutput.MaxStandIn);
            Assert.True(output.Kept(memory));
            output.Advance(SocketOutput.MaxStandIn);
            Write(output, " between ");
            Assert.False((await output.FlushAsync()).IsCompleted);

            // Somebody else's memory: nothing may be taken for the file's.
            output.Promise(file, 0);
            Assert.False(output.Kept(new byte[10]));
            Assert.False(output.Kept(output.GetMemory(10)));
            Write(output, "tail");
            await output.FlushAsync();
        });

        Assert.Equal([.. "head "u8, .. content[1000..(1000 + SocketOutput.MaxStandIn)], .. " between tail"u8], received);
    }

    [Fact]
    public async Task File_that_became_shorter_cuts_the_connection()
    {
        File.WriteAllBytes(_directory.At("file"), TestContent.Bytes(1000));
        using var file = File.OpenHandle(_directory.At("file"));

        var received = await ThroughAsync(async output =>
        {
            output.Promise(file, 0);
            output.Kept(output.GetMemory(2000));
            output.Advance(2000);
            Assert.True((await output.FlushAsync()).IsCompleted);
            Write(output, "more");
            Assert.True((await output.FlushAsync()).IsCompleted);
        });

        Assert.Equal(1000, received.Length);
    }

    /// <summary>Much more than sockets hold, read slowly; then small answers on the same connection.</summary>
    [Fact]
    public async Task Slow_client_gets_everything()
    {
        await using var registry = await TestRegistry.StartAsync();
        var blob = TestContent.Bytes(40_000_000);
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(registry.Reference("slow"));
        await repository.UploadAsync(TestContent.Source(blob));
        var (manifest, _, layer) = await TestContent.PushImageAsync(repository, "v1");

        for (var round = 0; round < 2; round++)
        {
            using var response = await registry.Http.GetAsync($"/v2/slow/blobs/{Digest.Of(blob)}", HttpCompletionOption.ResponseHeadersRead);
            await using var body = await response.Content.ReadAsStreamAsync();
            var received = new MemoryStream();
            var piece = new byte[1 << 20];
            for (int read; (read = await body.ReadAsync(piece)) > 0;)
            {
                received.Write(piece, 0, read);
                if (received.Length % 7 == 0)
                {
                    await Task.Yield();
                }
            }

            Assert.Equal(Digest.Of(blob), Digest.Of(received.ToArray()));
            Assert.Equal(manifest, await registry.Http.GetByteArrayAsync("/v2/slow/manifests/v1"));
            Assert.Equal(layer, await registry.Http.GetByteArrayAsync($"/v2/slow/blobs/{Digest.Of(layer)}"));
        }

        Assert.Empty(registry.Failures);
    }

    [Fact]
    public async Task Client_that_goes_away_leaves_the_others_alone()
    {
        await using var registry = await TestRegistry.StartAsync();
        var blob = TestContent.Bytes(20_000_000);
        using var client = new RegistryClient(Clients.Quick);
        await client.OpenForPush(registry.Reference("left")).UploadAsync(TestContent.Source(blob));
        for (var i = 0; i < 8; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPEndPoint.Parse(registry.Address));
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /v2/left/blobs/{Digest.Of(blob)} HTTP/1.1\r\nHost: x\r\n\r\n"));
            await socket.GetStream().ReadExactlyAsync(new byte[1000 * (i + 1)]);
            socket.Client.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal(blob, await registry.Http.GetByteArrayAsync($"/v2/left/blobs/{Digest.Of(blob)}"));
        Assert.Empty(registry.Failures);
    }

    private static void Write(PipeWriter output, string text) => output.Write(Encoding.ASCII.GetBytes(text));

    /// <summary>What the other end of a connection gets of what is written.</summary>
    private static async Task<byte[]> ThroughAsync(Func<SocketOutput, Task> write)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var peer = new TcpClient();
        await peer.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var socket = await listener.AcceptSocketAsync();

        // As a server's sockets are once they have been read from.
        socket.Blocking = false;
        var inner = new Pipe();
        var connection = new DefaultConnectionContext { Transport = new Ends(inner.Reader, inner.Writer) };
        connection.Features.Set<IConnectionSocketFeature>(new SocketFeature(socket));
        var receiving = Task.Run(async () =>
        {
            var received = new MemoryStream();
            await peer.GetStream().CopyToAsync(received);
            return received.ToArray();
        });
        await SocketOutput.RunAsync(connection, seen => write(seen.Features.Get<SocketOutput>()!));
        Assert.IsType<Ends>(connection.Transport);
        socket.Close();
        return await receiving;
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed record SocketFeature(Socket Socket) : IConnectionSocketFeature;
}
