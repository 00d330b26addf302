using System.Formats.Tar;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Whole pushes, to our registry server.</summary>
public sealed class ImagePushTests : IAsyncLifetime
{
    private TestRegistry _registry = null!;
    private TestStore _store = null!;

    public async Task InitializeAsync()
    {
        _registry = await TestRegistry.StartAsync();
        _store = TestStore.Open();
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(_registry.Failures);
        await _store.DisposeAsync();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Image_made_here_goes_out_and_comes_back()
    {
        var reference = _registry.Reference("made/here:1");
        var id = await ImportAsync(reference);
        var diffId = _store.Images.Config(id).RootFs.DiffIds[0];

        var (pushed, events) = await _store.PushAsync(reference);

        var tag = Assert.Single(pushed);
        var manifest = await _registry.Http.GetStringAsync("/v2/made/here/manifests/1");
        Assert.Contains("\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"", manifest, StringComparison.Ordinal);
        Assert.Equal(
            ["Preparing", "Pushed"],
            events.Where(e => e.Id == diffId.Short).Select(e => e.Status).Where(s => s != "Pushing"));
        Assert.Equal(new TransferEvent { Status = $"The push refers to repository [{_registry.Address}/made/here]" }, events[0]);
        Assert.Equal(new TransferEvent { Status = $"1: digest: {tag.Digest} size: {tag.Size}" }, events[^2]);
        Assert.Equal(new TransferEvent { HasDetail = true, Pushed = tag }, events[^1]);
        Assert.Contains(reference.WithDigest(tag.Digest), _store.Images.References(id));

        await using var other = new TestStore();
        var (pulled, _) = await other.PullAsync(reference);
        Assert.Equal((id, tag.Digest), (pulled.ImageId, pulled.Digest));
        Assert.Equal(TestContent.Bytes(500_000), other.ReadFile(other.Images.Layers.Layers().Single().ChainId, "file"));
    }

    [Fact]
    public async Task Second_push_finds_everything_there_and_a_second_repository_mounts_it()
    {
        var reference = _registry.Reference("one/x:1");
        var id = await ImportAsync(reference);
        var (first, _) = await _store.PushAsync(reference);

        var (again, events) = await _store.PushAsync(reference);
        Assert.Equal(first, again);
        Assert.Contains(events, e => e.Status == "Layer already exists");

        var second = _registry.Reference("two/y:1");
        _store.Images.Tag(id.ToString(), second);
        var (mounted, mountEvents) = await _store.PushAsync(second);
        Assert.Contains(mountEvents, e => e.Status == "Mounted from one/x");
        Assert.Equal(first[0].Digest, mounted[0].Digest);
    }

    [Fact]
    public async Task Pulled_image_goes_out_with_the_same_digest()
    {
        var image = new FakeImage(layers: 6);
        await using var source = new ImageServer(null, image);
        await _store.PullAsync(source.Reference);
        var target = _registry.Reference("copy/z:7");
        _store.Images.Tag(source.Reference.ToString(), target);

        var (pushed, events) = await _store.PushAsync(target);

        Assert.Equal(Digest.Of(image.Manifest), Assert.Single(pushed).Digest);
        Assert.Equal(
            image.Tars.Reverse().Select(tar => Digest.Of(tar).Short),
            events.Where(e => e.Status == "Preparing").Select(e => e.Id!));
    }

    [Fact]
    public async Task All_tags_of_a_repository()
    {
        var reference = _registry.Reference("many/tags:a");
        var id = await ImportAsync(reference);
        _store.Images.Tag(id.ToString(), reference.WithTag("b"));

        var (pushed, _) = await _store.PushAsync(_registry.Reference("many/tags"));

        Assert.Equal(["a", "b"], pushed.Select(p => p.Tag));
        await using var other = new TestStore();
        var all = await other.Puller.PullAllTagsAsync(_registry.Reference("many/tags"), null, null, new Progress<TransferEvent>());
        Assert.Equal(2, all.Count);
    }

    [Fact]
    public async Task Names_that_are_not_here()
    {
        await ImportAsync(_registry.Reference("here/x:1"));

        Assert.Equal(
            $"An image does not exist locally with the tag: {_registry.Address}/not/here",
            (await Assert.ThrowsAsync<GantryException>(() => _store.PushAsync(_registry.Reference("not/here:1")))).Message);
        Assert.Equal(
            $"tag does not exist: {_registry.Address}/here/x:2",
            (await Assert.ThrowsAsync<GantryException>(() => _store.PushAsync(_registry.Reference("here/x:2")))).Message);
        Assert.Equal(
            "cannot push a digest reference",
            (await Assert.ThrowsAsync<GantryException>(() => _store.PushAsync(_registry.Reference("here/x").WithDigest(Digest.Of([1]))))).Message);
    }

    [Fact]
    public async Task Nobody_listens()
    {
        var reference = ImageReference.Parse("127.0.0.1:1/x/y:1");
        await ImportAsync(reference);

        var exception = await Assert.ThrowsAsync<GantryException>(() => _store.PushAsync(reference));

        Assert.Equal("Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", exception.Message);
    }

    [Fact]
    public async Task Cut_connections_are_resumed()
    {
        await using var proxy = new RecordingProxy(_registry.Address);
        proxy.CutAfterSent.Enqueue(300_000);
        var reference = ImageReference.Parse($"{proxy.Address}/made/here:1");
        await ImportAsync(reference);

        var (pushed, events) = await _store.PushAsync(reference);

        Assert.Empty(proxy.CutAfterSent);
        Assert.Contains(events, e => e.Status.StartsWith("Retrying in ", StringComparison.Ordinal));
        Assert.Single(pushed);
    }

    [Fact]
    public async Task Push_goes_on_where_an_earlier_process_left_it()
    {
        var directory = Directory.CreateTempSubdirectory("gantry-transfer-").FullName;
        try
        {
            await using var proxy = new RecordingProxy(_registry.Address);
            var (image, reference) = (new FakeImage(layers: 1, layerSize: 4_000_000), ImageReference.Parse($"{proxy.Address}/made/here:1"));
            await InterruptAsync(directory, image, proxy, reference);
            var before = proxy.TotalSent;
            var received = Directory.EnumerateFiles(Path.Combine(_registry.Root, "repositories"), "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
            Assert.True(received > 1_000_000, $"{received} bytes arrived");

            await using var again = new TestStore(directory);
            await again.PushAsync(reference);

            Assert.True(proxy.TotalSent - before <= image.Blobs[0].Length - received + 50_000, $"{proxy.TotalSent - before} more bytes, {received} had arrived");
            await using var other = TestStore.Open();
            Assert.Equal(image.Id, (await other.PullAsync(_registry.Reference("made/here:1"))).Result.ImageId);
        }
        finally
        {
            IO.Trees.TreeRemover.Remove(directory);
        }
    }

    /// <summary>Pulls an image into a store, and pushes it over a line that is cut for good in the middle.</summary>
    internal static async Task InterruptAsync(string directory, FakeImage image, RecordingProxy proxy, ImageReference reference)
    {
        await using var source = new ImageServer(null, image);
        await using var store = new TestStore(directory, Clients.Quick with { MaxAttempts = 1 });
        var (pulled, _) = await store.PullAsync(source.Reference);
        store.Images.Tag(pulled.ImageId.ToString(), reference);
        proxy.CutAfterSent.Enqueue(2_000_000);
        await Assert.ThrowsAsync<GantryException>(() => store.PushAsync(reference));
    }

    private async Task<Digest> ImportAsync(ImageReference reference)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "file") { DataStream = new MemoryStream(TestContent.Bytes(500_000)) });
        }

        tar.Position = 0;
        return (await _store.Images.ImportAsync(tar, new ImportOptions { Reference = reference })).Id;
    }
}
