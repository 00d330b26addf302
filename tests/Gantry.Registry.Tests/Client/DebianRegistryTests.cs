using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Client;

/// <summary>The client against the registry that others use too.</summary>
public sealed class DebianRegistryTests
{
    [NeedsProgramFact("docker-registry")]
    public async Task Push_mount_list_and_pull()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await ServerProcess.StartDebiansAsync(directory);
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(ImageReference.Parse($"{server.Address}/a/b"));

        var (manifest, _, layer) = await TestContent.PushImageAsync(repository, "v1", layerSize: 3_000_000);
        await repository.PutManifestAsync("v2", MediaTypes.OciManifest, manifest);

        Assert.Equal(manifest, (await repository.GetManifestAsync("v1")).Content.ToArray());
        Assert.Equal(Digest.Of(manifest), (await repository.HeadManifestAsync("v2"))!.Digest);
        Assert.Equal(layer, await repository.GetBlobAsync(TestContent.Describe(layer), layer.Length));
        Assert.Equal(["v1", "v2"], (await repository.ListTagsAsync()).Order());
        Assert.Equal(UploadOutcome.Exists, (await repository.UploadAsync(TestContent.Source(layer))).Outcome);
        Assert.Equal(
            new UploadResult(UploadOutcome.Mounted, "a/b"),
            await client.OpenForPush(ImageReference.Parse($"{server.Address}/c/d")).UploadAsync(TestContent.Source(layer) with { MountCandidates = ["a/b"] }));
        var missing = await Assert.ThrowsAsync<GantryException>(() => repository.GetManifestAsync("nope"));
        Assert.Equal($"manifest for {server.Address}/a/b:nope not found: manifest unknown: manifest unknown", missing.Message);
    }

    [NeedsProgramFact("docker-registry")]
    public async Task Uploads_in_chunks_and_cut_uploads()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await ServerProcess.StartDebiansAsync(directory);
        await using var proxy = new RecordingProxy(server.Address);
        var blob = TestContent.Bytes(4_000_000);

        foreach (var chunk in new[] { 0, 1_000_000 })
        {
            proxy.CutAfterSent.Enqueue(1_500_000);
            using var client = new RegistryClient(Clients.Quick with { UploadChunkSize = chunk });
            var repository = client.OpenForPush(ImageReference.Parse($"{proxy.Address}/chunks/of{chunk}"));

            await repository.UploadAsync(TestContent.Source(blob));

            Assert.Equal(blob, await repository.GetBlobAsync(TestContent.Describe(blob), blob.Length));
            Assert.Empty(proxy.CutAfterSent);
        }
    }

    [NeedsProgramFact("docker-registry")]
    public async Task Download_from_an_offset()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await ServerProcess.StartDebiansAsync(directory);
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(ImageReference.Parse($"{server.Address}/a/b"));
        var blob = TestContent.Bytes(1_000_000);
        await repository.UploadAsync(TestContent.Source(blob));

        await using var stream = await repository.OpenBlobAsync(TestContent.Describe(blob), 600_000);
        using var rest = new MemoryStream();
        await stream.CopyToAsync(rest);

        Assert.Equal(blob[600_000..], rest.ToArray());
    }

    [NeedsProgramFact("docker-registry")]
    public async Task Whole_image_pushed_and_pulled()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await ServerProcess.StartDebiansAsync(directory);
        var image = new FakeImage(layers: 5);
        await using var source = new ImageServer(null, image);
        await using var store = new TestStore();
        await store.PullAsync(source.Reference);
        var target = ImageReference.Parse($"{server.Address}/a/b:1");
        store.Images.Tag(source.Reference.ToString(), target);

        await store.PushAsync(target);
        await using var other = new TestStore();
        var (result, _) = await other.PullAsync(target);

        Assert.Equal((image.Id, Digest.Of(image.Manifest)), (result.ImageId, result.Digest));
    }

    [NeedsProgramFact("docker-registry")]
    public async Task Push_after_an_interrupted_one_of_another_process()
    {
        using var directory = new TemporaryDirectory();
        await using var registry = await ServerProcess.StartDebiansAsync(directory);
        await using var proxy = new RecordingProxy(registry.Address);
        var (image, reference) = (new FakeImage(layers: 1, layerSize: 4_000_000), ImageReference.Parse($"{proxy.Address}/made/here:1"));
        var store = Directory.CreateDirectory(directory.At("store")).FullName;
        await Transfer.ImagePushTests.InterruptAsync(store, image, proxy, reference);

        await using (var again = new TestStore(store))
        {
            await again.PushAsync(reference);
        }

        await using var other = TestStore.Open();
        Assert.Equal(image.Id, (await other.PullAsync(reference)).Result.ImageId);
        IO.Trees.TreeRemover.Remove(store);
    }
}
