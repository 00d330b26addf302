using Gantry.Errors;
using Gantry.Images.Transfer;
using Gantry.IO.Compression;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Whole pulls: what arrives, what is told, what is shared, what is left after failures.</summary>
public sealed class ImagePullTests
{
    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Zstd)]
    [InlineData(CompressionKind.None)]
    public async Task Image_arrives_whole(CompressionKind compression)
    {
        var image = new FakeImage(compression: compression);
        await using var server = new ImageServer(null, image);
        await using var store = new TestStore();

        var (result, _) = await store.PullAsync(server.Reference);

        Assert.Equal(new PullResult(image.Id, Digest.Of(image.Manifest), true), result);
        Assert.Equal(image.Id, store.Images.FindReference(server.Reference));
        Assert.Equal(image.Id, store.Images.FindReference(server.Reference.WithDigest(Digest.Of(image.Manifest))));
        Assert.Equal(image.Config, store.Images.Content.ReadAll(image.Id));
        Assert.Equal(image.Manifest, store.Images.Content.ReadAll(Digest.Of(image.Manifest)));
        for (var i = 0; i < image.Tars.Count; i++)
        {
            Assert.Equal(TestContent.Bytes(200_000, 1000 + i), store.ReadFile(image.Chain[^1], $"layer{i}"));
        }
    }

    [Fact]
    public async Task Messages_are_dockers()
    {
        var image = new FakeImage(layers: 5);
        await using var server = new ImageServer(null, image);
        await using var store = new TestStore();

        var (_, events) = await store.PullAsync(server.Reference);

        Assert.Equal(new TransferEvent { Status = "Pulling from x/y", Id = "1" }, events[0]);
        Assert.Equal(image.Layers.Select(l => ("Pulling fs layer", (string?)l.Digest.Short)), events.Skip(1).Take(5).Select(e => (e.Status, e.Id)));
        Assert.Equal(
            [$"Digest: {Digest.Of(image.Manifest)}", $"Status: Downloaded newer image for {server.Address()}/x/y:1"],
            events.TakeLast(2).Select(e => e.Status));
        Assert.All(events.TakeLast(2), e => Assert.Equal((null, false), (e.Id, e.HasDetail)));
        foreach (var layer in image.Layers)
        {
            var own = events.Where(e => e.Id == layer.Digest.Short).ToList();
            var order = own.Select(e => e.Status).Where(s => s != "Waiting").Aggregate(new List<string>(), (list, s) => list.LastOrDefault() == s ? list : [.. list, s]);
            Assert.Equal(["Pulling fs layer", "Downloading", "Verifying Checksum", "Download complete", "Extracting", "Pull complete"], order);
            Assert.All(own, e => Assert.True(e.HasDetail));
            Assert.All(own.Where(e => e.Status is "Downloading" or "Extracting"), e => Assert.Equal(layer.Size, e.Total));
            Assert.All(own.Where(e => e.Status is not ("Downloading" or "Extracting")), e => Assert.Equal(0, e.Total));
            Assert.Equal(layer.Size, own.Last(e => e.Status == "Downloading").Current);
        }
    }

    [Fact]
    public async Task Second_pull_says_up_to_date_and_fetches_nothing()
    {
        var image = new FakeImage();
        await using var server = new ImageServer(null, image);
        await using var store = new TestStore();
        await store.PullAsync(server.Reference);
        var before = server.Server.Requests.Count;

        var (result, events) = await store.PullAsync(server.Reference);

        Assert.False(result.Updated);
        Assert.Equal(
            ["Pulling from x/y", $"Digest: {Digest.Of(image.Manifest)}", $"Status: Image is up to date for {server.Address()}/x/y:1"],
            events.Select(e => e.Status));
        Assert.Equal(["HEAD /v2/x/y/manifests/1"], server.Server.Requests.Skip(before).Select(r => $"{r.Method} {r.Path}"));
    }

    [Fact]
    public async Task Layers_that_are_here_are_not_fetched()
    {
        var (small, large) = (new FakeImage(layers: 2), new FakeImage(layers: 3));
        await using var server = new ImageServer(null, large, small);
        server.Add(small.Manifest, MediaTypes.OciManifest, "small");
        await using var store = new TestStore();
        await store.PullAsync(server.Reference.WithTag("small"));

        var (_, events) = await store.PullAsync(server.Reference);

        Assert.Equal(
            ["Already exists", "Already exists", "Pulling fs layer"],
            events.Skip(1).Take(3).Select(e => e.Status));
        Assert.Single(server.BlobRequests(large.Blobs[0]));
    }

    [Fact]
    public async Task Index_is_kept_whole_and_the_platforms_image_unpacked()
    {
        var (host, other) = (new FakeImage(seed: 1), new FakeImage(seed: 2, architecture: "s390x"));
        var index = TestContent.Index([other.Descriptor, host.Descriptor]);
        await using var server = new ImageServer(null, host, other);
        server.Add(index, MediaTypes.OciIndex, "multi");
        await using var store = new TestStore();

        var (result, _) = await store.PullAsync(server.Reference.WithTag("multi"));

        Assert.Equal((host.Id, Digest.Of(index)), (result.ImageId, result.Digest));
        Assert.Equal(index, store.Images.Content.ReadAll(Digest.Of(index)));
        Assert.Equal(host.Id, store.Images.FindReference(server.Reference.WithDigest(Digest.Of(index))));
        Assert.Empty(server.BlobRequests(other.Blobs[0]));
        await store.Images.CollectGarbageAsync([]);
        Assert.True(store.Images.Content.TryStat(Digest.Of(index), out _));

        var (foreign, _) = await store.PullAsync(server.Reference.WithTag("multi"), Platform.Parse("linux/s390x"));
        Assert.Equal(other.Id, foreign.ImageId);
    }

    [Fact]
    public async Task No_image_for_the_platform()
    {
        var other = new FakeImage(architecture: "s390x");
        await using var server = new ImageServer(null, other);
        server.Add(TestContent.Index([other.Descriptor]), MediaTypes.DockerManifestList, "multi");
        await using var store = new TestStore();

        var fromIndex = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference.WithTag("multi")));
        var single = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference, Platform.Parse("linux/arm64")));

        Assert.Equal($"no matching manifest for {Platform.Host} in the manifest list entries", fromIndex.Message);
        Assert.Equal(
            $"image with reference {server.Reference} was found but its platform (linux/s390x) does not match the specified platform (linux/arm64)", single.Message);
        store.AssertNothingStored(other);
    }

    [Fact]
    public async Task By_digest()
    {
        var image = new FakeImage();
        await using var server = new ImageServer(null, image);
        await using var store = new TestStore();
        var reference = server.Reference.WithDigest(Digest.Of(image.Manifest));

        var (_, events) = await store.PullAsync(reference);

        Assert.Equal(Digest.Of(image.Manifest).ToString(), events[0].Id);
        Assert.Equal($"Status: Downloaded newer image for {reference.Familiar}", events[^1].Status);
        Assert.Equal([reference], store.Images.References(image.Id));
    }

    [Fact]
    public async Task Pulled_by_digest_alone_it_dangles_until_it_has_a_tag()
    {
        var image = new FakeImage();
        await using var server = new ImageServer(null, image);
        await using var store = new TestStore();
        List<string> Listed(string dangling) =>
            [.. store.Images.List(new Images.ImageListOptions { Filters = new Dictionary<string, IReadOnlyList<string>> { ["dangling"] = [dangling] } }).Select(i => i.Id!)];
        await store.PullAsync(server.Reference.WithDigest(Digest.Of(image.Manifest)));

        Assert.Equal([image.Id.ToString()], Listed("true"));
        Assert.Equal([image.Id.ToString()], Listed("false"));

        store.Images.Tag(image.Id.ToString(), ImageReference.Parse("mine:1"));
        Assert.Empty(Listed("true"));
        Assert.Equal([image.Id.ToString()], Listed("false"));
        Assert.Null((await store.Images.PruneAsync(new Dictionary<string, IReadOnlyList<string>>(), [])).ImagesDeleted);

        await store.Images.RemoveAsync("mine:1", new Images.RemoveImageOptions());
        var pruned = await store.Images.PruneAsync(new Dictionary<string, IReadOnlyList<string>>(), []);
        Assert.Contains(image.Id.ToString(), pruned.ImagesDeleted!.Select(d => d.Deleted));
        Assert.Empty(store.Images.Content.Enumerate());
    }

    [Fact]
    public async Task Wrong_size_of_a_manifest_in_an_index_does_not_matter()
    {
        var image = new FakeImage();
        var index = TestContent.Index([image.Descriptor with { Size = image.Descriptor.Size + 1 }]);
        await using var server = new ImageServer(null, image);
        server.Add(index, MediaTypes.OciIndex, "multi");
        await using var store = new TestStore();

        var (result, _) = await store.PullAsync(server.Reference.WithTag("multi"));

        Assert.Equal((image.Id, Digest.Of(index)), (result.ImageId, result.Digest));
    }

    [Fact]
    public async Task Moved_tag_is_followed()
    {
        var (before, after) = (new FakeImage(seed: 1), new FakeImage(seed: 2));
        await using var server = new ImageServer(null, before, after);
        await using var store = new TestStore();
        await store.PullAsync(server.Reference);
        server.Add(after.Manifest, MediaTypes.OciManifest, "1");

        var (result, _) = await store.PullAsync(server.Reference);

        Assert.True(result.Updated);
        Assert.Equal(after.Id, store.Images.FindReference(server.Reference));
        Assert.NotNull(store.Images.Find(before.Id));
    }

    [Fact]
    public async Task Forty_layers_in_any_order_of_arrival()
    {
        var image = new FakeImage(layers: 40, layerSize: 3000);
        await using var server = new ImageServer(
            async (request, _, _) =>
            {
                await Task.Delay(request.Path.Contains("/blobs/", StringComparison.Ordinal) ? request.Number * 37 % 20 : 0);
                return false;
            },
            image);
        await using var store = new TestStore();

        await store.PullAsync(server.Reference);

        Assert.Equal(TestContent.Bytes(3000, 1039), store.ReadFile(image.Chain[^1], "layer39"));
    }

    [Fact]
    public async Task Same_image_pulled_by_many_is_fetched_once()
    {
        var image = new FakeImage(layers: 4);
        await using var server = new ImageServer(
            async (request, _, _) =>
            {
                await Task.Delay(request.Path.Contains("/blobs/", StringComparison.Ordinal) ? 100 : 0);
                return false;
            },
            image);
        await using var store = new TestStore();

        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => store.PullAsync(server.Reference)));

        Assert.All(results, r => Assert.Equal(image.Id, r.Result.ImageId));
        Assert.All(image.Blobs, blob => Assert.Single(server.BlobRequests(blob)));
        Assert.All(results, r => Assert.All(image.Layers, layer => Assert.Contains(r.Events, e => e.Id == layer.Digest.Short && e.Status == "Pull complete")));
    }

    [Fact]
    public async Task First_of_two_pulls_cancelled_leaves_the_second_alone()
    {
        var image = new FakeImage(layers: 2);
        var arrived = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        await using var server = new ImageServer(
            async (request, _, _) =>
            {
                if (request.Path.EndsWith(Digest.Of(image.Blobs[0]).ToString(), StringComparison.Ordinal))
                {
                    arrived.TrySetResult();
                    await go.Task;
                }

                return false;
            },
            image);
        await using var store = new TestStore();
        using var cancel = new CancellationTokenSource();
        var first = store.PullAsync(server.Reference, cancellationToken: cancel.Token);
        await arrived.Task;
        var second = store.PullAsync(server.Reference);
        await WaitAsync(() => server.Server.To("/manifests/").Count() == 2);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        go.SetResult();

        Assert.Equal(image.Id, (await second).Result.ImageId);
    }

    [Fact]
    public async Task Cancelled_pull_is_resumed_without_fetching_again()
    {
        var image = new FakeImage(layers: 1, layerSize: 3_000_000);
        var blob = image.Blobs[0];
        var half = new TaskCompletionSource();
        await using var server = new ImageServer(
            async (request, reply, self) =>
            {
                if (!request.Path.EndsWith(Digest.Of(blob).ToString(), StringComparison.Ordinal) || half.Task.IsCompleted)
                {
                    return false;
                }

                await reply.HeadAsync(200, blob.Length);
                await reply.RawAsync(blob[..2_000_000]);
                half.SetResult();
                await Task.Delay(Timeout.Infinite, self.Server.Stopped);
                return true;
            },
            image);
        var directory = Directory.CreateTempSubdirectory("gantry-transfer-").FullName;
        try
        {
            await using (var store = new TestStore(directory))
            {
                using var cancel = new CancellationTokenSource();
                var pull = store.PullAsync(server.Reference, cancellationToken: cancel.Token);
                await half.Task;
                await WaitAsync(() => Directory.EnumerateFiles(directory, "data", SearchOption.AllDirectories).Any(f => new FileInfo(f).Length == 2_000_000));
                await cancel.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull);
                store.AssertNothingStored(image);
            }

            await using var again = new TestStore(directory);
            var (result, _) = await again.PullAsync(server.Reference);

            Assert.Equal(image.Id, result.ImageId);
            Assert.Equal([0, 2_000_000], server.BlobRequests(blob).Select(ImageServer.Start));
            Assert.Equal(TestContent.Bytes(3_000_000, 1000), again.ReadFile(image.Chain[0], "layer0"));
        }
        finally
        {
            IO.Trees.TreeRemover.Remove(directory);
        }
    }

    [Fact]
    public async Task Only_names_given_here_count_as_tagging()
    {
        var image = new FakeImage(layers: 1);
        await using var server = new ImageServer(null, image);
        await using var store = TestStore.Open();
        await store.PullAsync(server.Reference);
        Assert.Equal("0001-01-01T00:00:00Z", store.Images.Inspect(image.Id.ToString()).Metadata!.LastTagTime);

        store.Images.Tag(image.Id.ToString(), ImageReference.Parse("mine:1"));
        var tagged = store.Images.Inspect("mine:1").Metadata!.LastTagTime;
        Assert.NotEqual("0001-01-01T00:00:00Z", tagged);
        await store.PullAsync(server.Reference);
        Assert.Equal(tagged, store.Images.Inspect("mine:1").Metadata!.LastTagTime);
    }

    [Fact]
    public async Task What_a_failed_pull_left_goes_with_prune()
    {
        var image = new FakeImage(layers: 2, layerSize: 300_000);
        await using var server = new ImageServer(
            async (request, reply, _) =>
            {
                if (!request.Path.EndsWith(Digest.Of(image.Blobs[1]).ToString(), StringComparison.Ordinal))
                {
                    return false;
                }

                await reply.HeadAsync(200, image.Blobs[1].Length);
                await reply.RawAsync(image.Blobs[1][..200_000]);
                return true;
            },
            image);
        await using var store = new TestStore(options: Clients.Quick with { MaxAttempts = 1 });
        await Assert.ThrowsAnyAsync<Exception>(() => store.PullAsync(server.Reference));
        Assert.NotEmpty(store.Images.Content.Enumerate());
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(store.DirectoryPath, "content", "ingest"), "data", SearchOption.AllDirectories));

        var pruned = await store.Images.PruneAsync(new Dictionary<string, IReadOnlyList<string>>(), []);

        Assert.True(pruned.SpaceReclaimed >= 200_000, $"{pruned.SpaceReclaimed} bytes");
        Assert.Empty(store.Images.Content.Enumerate());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(store.DirectoryPath, "content", "ingest")));
        Assert.Empty(store.Images.Layers.Layers());
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5);
        }
    }
}

internal static class ImageServerExtensions
{
    internal static string Address(this ImageReference reference) => reference.Domain;

    internal static string Address(this ImageServer server) => server.Server.Address;
}
