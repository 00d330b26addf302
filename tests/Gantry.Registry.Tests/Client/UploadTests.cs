using System.Net;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Client;

/// <summary>Uploading: skipped where possible, resumed where cut.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private readonly byte[] _blob = TestContent.Bytes(4_000_000);
    private TestRegistry _registry = null!;

    public async Task InitializeAsync() => _registry = await TestRegistry.StartAsync();

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    [InlineData(4_000_000)]
    public async Task Whole_and_chunked(long chunk)
    {
        using var client = new RegistryClient(Clients.Quick with { UploadChunkSize = chunk });
        var repository = client.OpenForPush(_registry.Reference("a/b"));
        var progress = new Recorder();

        Assert.Equal(UploadOutcome.Uploaded, (await repository.UploadAsync(TestContent.Source(_blob) with { Progress = progress })).Outcome);
        Assert.Equal(UploadOutcome.Exists, (await repository.UploadAsync(TestContent.Source(_blob))).Outcome);

        Assert.Equal(_blob.Length, progress.Last);
        Assert.Equal(_blob, await repository.GetBlobAsync(TestContent.Describe(_blob), _blob.Length));
    }

    [Fact]
    public async Task Empty_blob()
    {
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(_registry.Reference("a/b"));

        await repository.UploadAsync(TestContent.Source([]));

        Assert.True(await repository.BlobExistsAsync(Digest.Of([])));
        Assert.Empty(await repository.GetBlobAsync(TestContent.Describe([]), 10));
    }

    [Fact]
    public async Task Sha512_blob()
    {
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(_registry.Reference("a/b"));

        await repository.UploadAsync(TestContent.Source(_blob, TestContent.Sha512(_blob)));

        Assert.True(await repository.BlobExistsAsync(TestContent.Sha512(_blob)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(700_000)]
    public async Task Cut_connections_are_resumed_without_sending_everything_again(long chunk)
    {
        await using var proxy = new RecordingProxy(_registry.Address);
        foreach (var limit in new[] { 1_500_000, 1_000_000, 800_000 })
        {
            proxy.CutAfterSent.Enqueue(limit);
        }

        using var client = new RegistryClient(Clients.Quick with { UploadChunkSize = chunk });
        var repository = client.OpenForPush(ImageReference.Parse($"{proxy.Address}/a/b"));
        var waits = 0;

        await repository.UploadAsync(TestContent.Source(_blob) with { Retrying = _ => waits++ });

        Assert.Empty(proxy.CutAfterSent);
        Assert.True(waits >= 3, $"{waits} waits");
        Assert.Equal(_blob, await repository.GetBlobAsync(TestContent.Describe(_blob), _blob.Length));

        // What was under way when a connection was cut may be lost, but no more: one chunk, or the buffers of server and kernel.
        Assert.True(proxy.TotalSent < _blob.Length + (chunk > 0 ? 3 * chunk : 3_000_000), $"{proxy.TotalSent} bytes sent");
    }

    [Fact]
    public async Task Wrong_source_is_told_and_leaves_nothing()
    {
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(_registry.Reference("a/b"));
        var source = TestContent.Source(_blob) with { Blob = TestContent.Describe(_blob) with { Digest = Digest.Of([1]) } };

        var exception = await Assert.ThrowsAsync<GantryException>(() => repository.UploadAsync(source));

        Assert.StartsWith("digest invalid: provided digest did not match uploaded content", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Short_source_is_told_as_such()
    {
        using var client = new RegistryClient(Clients.Quick);
        var source = TestContent.Source(_blob) with { Blob = TestContent.Describe(_blob) with { Size = _blob.Length + 1 } };

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPush(_registry.Reference("a/b")).UploadAsync(source));

        Assert.Contains($"is shorter than {_blob.Length + 1} bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_only_registry_refuses()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { ReadOnly = true });
        using var client = new RegistryClient(Clients.Quick);

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPush(registry.Reference("a/b")).UploadAsync(TestContent.Source(_blob)));

        Assert.Equal("unsupported: The operation is unsupported.", exception.Message);
    }

    [Fact]
    public async Task Server_restarted_in_the_middle_keeps_the_session()
    {
        using var directory = new TemporaryDirectory();
        var options = new RegistryServer.RegistryServerOptions { Root = directory.At("data"), Listen = "127.0.0.1:0" };
        var first = await RegistryServer.RegistryServer.StartAsync(options);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{first.Address}") };
        using var started = await http.PostAsync("/v2/a/b/blobs/uploads/", null);
        var location = started.Headers.Location;
        using var part = await http.PatchAsync(location, new ByteArrayContent(_blob[..1_000_000]));
        Assert.Equal(HttpStatusCode.Accepted, part.StatusCode);
        await first.DisposeAsync();

        await using var second = await RegistryServer.RegistryServer.StartAsync(options with { Listen = first.Address });
        using var state = await http.GetAsync(location);
        Assert.Equal("0-999999", state.Headers.GetValues("Range").Single());
        using var last = await http.PutAsync($"{location}?digest={Digest.Of(_blob)}", new ByteArrayContent(_blob[1_000_000..]));
        Assert.Equal(HttpStatusCode.Created, last.StatusCode);
    }

    [Fact]
    public async Task Directory_of_a_running_server_is_refused()
    {
        var exception = await Assert.ThrowsAsync<GantryException>(
            () => RegistryServer.RegistryServer.StartAsync(new RegistryServer.RegistryServerOptions { Root = _registry.Root, Listen = "127.0.0.1:0" }));

        Assert.Equal(ErrorKind.Conflict, exception.Kind);
    }

    private sealed class Recorder : IProgress<long>
    {
        internal long Last { get; private set; }

        public void Report(long value) => Last = value;
    }
}
