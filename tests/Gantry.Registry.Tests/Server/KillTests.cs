using System.Net;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Server;

/// <summary>The server killed with SIGKILL while it is written to.</summary>
public sealed class KillTests
{
    [Fact]
    public async Task Upload_goes_on_after_the_server_was_killed_in_the_middle()
    {
        using var directory = new TemporaryDirectory();
        var blob = TestContent.Bytes(8_000_000);
        var first = await ServerProcess.StartOursAsync("--root", directory.At("data"));
        await using var proxy = new RecordingProxy(first.Address);
        using var client = new RegistryClient(Clients.Quick with { MaxAttempts = 50, MaxRetryDelay = TimeSpan.FromMilliseconds(300) });
        var repository = client.OpenForPush(ImageReference.Parse($"{proxy.Address}/a/b"));
        var half = new TaskCompletionSource();
        var hold = new TaskCompletionSource();
        var source = TestContent.Source(blob) with
        {
            OpenAsync = (offset, _) => Task.FromResult<Stream>(new PausingStream(new MemoryStream(blob, (int)offset, blob.Length - (int)offset), 4_000_000 - offset, half, hold)),
        };

        var upload = repository.UploadAsync(source);
        await half.Task;
        await WaitAsync(() => Directory.EnumerateFiles(directory.At("data", "repositories"), "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) > 3_000_000);
        await first.DisposeAsync();
        hold.SetResult();
        await using var second = await ServerProcess.StartOursAsync("--root", directory.At("data"));
        proxy.Target = IPEndPoint.Parse(second.Address);
        await upload;

        Assert.Equal(blob, await repository.GetBlobAsync(TestContent.Describe(blob), blob.Length));
        Assert.True(proxy.TotalSent < blob.Length + 2_500_000, $"{proxy.TotalSent} bytes sent");
    }

    [Fact]
    public async Task Killed_over_and_over_while_images_are_pushed()
    {
        using var directory = new TemporaryDirectory();
        var random = new Random(7);
        for (var round = 0; round < 6; round++)
        {
            await using var server = await ServerProcess.StartOursAsync("--root", directory.At("data"));
            using var client = new RegistryClient(Clients.Quick with { MaxAttempts = 1 });
            var done = 0;
            var kill = random.Next(1, 20);
            var pushes = Enumerable.Range(0, 4).Select(i => PushSomeAsync(client, server.Address, round, i, () => Interlocked.Increment(ref done))).ToList();
            await WaitAsync(() => Volatile.Read(ref done) >= kill || pushes.All(push => push.IsCompleted));
            await server.KillAsync();
            await Task.WhenAll(pushes);
        }

        await using var last = await ServerProcess.StartOursAsync("--root", directory.At("data"));
        await AssertAllWholeAsync(last.Address);
    }

    /// <summary>Pushes until the server is gone.</summary>
    private static async Task PushSomeAsync(RegistryClient client, string address, int round, int number, Action pushed)
    {
        try
        {
            for (var i = 0; i < 200; i++)
            {
                await TestContent.PushImageAsync(client.OpenForPush(ImageReference.Parse($"{address}/r{number}/x")), $"t{round}-{i}", 20_000, (round * 10_000) + (number * 1000) + i);
                pushed();
            }
        }
        catch (GantryException)
        {
            return;
        }
    }

    /// <summary>Every tag has its manifest and every manifest its blobs, with the right content.</summary>
    private static async Task AssertAllWholeAsync(string address)
    {
        using var client = new RegistryClient(Clients.Quick);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        using var catalog = JsonDocument.Parse(await http.GetStringAsync("/v2/_catalog"));
        var tags = 0;
        foreach (var name in catalog.RootElement.GetProperty("repositories").EnumerateArray().Select(e => e.GetString()!))
        {
            var repository = client.OpenForPull(ImageReference.Parse($"{address}/{name}"));
            foreach (var tag in await repository.ListTagsAsync())
            {
                var manifest = JsonSerializer.Deserialize<Manifest>((await repository.GetManifestAsync(tag)).Content.Span)!;
                await Task.WhenAll(manifest.Layers.Append(manifest.Config).Select(blob => repository.GetBlobAsync(blob, 1 << 20)));
                tags++;
            }
        }

        Assert.True(tags > 0, "nothing was pushed");
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5);
        }
    }

    /// <summary>Waits in the middle until told to go on.</summary>
    private sealed class PausingStream(MemoryStream inner, long pauseAt, TaskCompletionSource reached, TaskCompletionSource goOn) : IO.Streams.ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (inner.Position >= pauseAt)
            {
                reached.TrySetResult();
                await goOn.Task.WaitAsync(cancellationToken);
            }

            return await inner.ReadAsync(buffer, cancellationToken);
        }
    }
}
