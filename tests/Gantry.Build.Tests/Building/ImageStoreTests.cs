using Gantry.Build.Tests.Support;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Build.Tests.Building;

/// <summary>The builder on the engine's real stores from end to end.</summary>
public sealed class ImageStoreTests : IDisposable
{
    private const string Dockerfile = "FROM busybox\nWORKDIR /app\nCOPY f .\nRUN echo hi > out\nCMD [\"cat\", \"out\"]\n";
    private readonly string _root = Directory.CreateTempSubdirectory("gantry-build-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Builds_tags_rebuilds_prunes_and_collects()
    {
        using var database = Database.Open(Path.Combine(_root, "gantry.db"));
        await using var layers = LayerStore.Open(Path.Combine(_root, "snapshots"));
        var images = new ImageStore(database, ContentStore.Open(Path.Combine(_root, "content")), layers);
        await images.ImportAsync(BaseImage.Tar(), new ImportOptions
        {
            Reference = ImageReference.Parse("busybox:latest"), Config = new ImageRunConfig { Env = ["PATH=/bin"] },
        });
        var runner = new ChrootRunner(layers, Directory.CreateDirectory(Path.Combine(_root, "run")).FullName);
        var options = new BuildServiceOptions { Root = Path.Combine(_root, "build"), RunDirectory = Path.Combine(_root, "runtime"), EngineVersion = "test" };
        var service = new BuildService(options, database, images, runner, new StoreProvider(images));

        var first = await BuildAsync(service, ["app", "app:2", "app:latest"]);
        Assert.Equal(["app:latest", "app:2"], first.Names);
        var inspected = images.Inspect("app");
        Assert.Equal((first.ImageId.ToString(), "/app"), (inspected.Id, inspected.Config!.WorkingDir));
        Assert.Equal(4, inspected.RootFS!.Layers!.Count);
        Assert.Equal("/bin/sh -c #(nop)  CMD [\"cat\" \"out\"]", images.History("app")[0].CreatedBy);

        Assert.Equal(first.ImageId, (await BuildAsync(service, ["again"])).ImageId);
        Assert.Single(runner.Ran);

        foreach (var name in new[] { "app", "app:2", "again" })
        {
            await images.RemoveAsync(name, new RemoveImageOptions());
        }

        await images.CollectGarbageAsync(service.CacheRoots());
        Assert.Equal(first.ImageId, (await BuildAsync(service, [])).ImageId);
        Assert.Single(runner.Ran);

        await images.RemoveAsync(first.ImageId.ToString(), new RemoveImageOptions());
        var pruned = await service.PruneAsync(new CachePruneOptions { All = true });
        Assert.Equal(4, pruned.CachesDeleted.Count);
        Assert.True(pruned.SpaceReclaimed > 0);
        Assert.Single(layers.Layers());
    }

    [Fact]
    public async Task A_pushed_layers_blob_is_kept_as_long_as_an_image_has_the_layer()
    {
        using var database = Database.Open(Path.Combine(_root, "gantry.db"));
        await using var layers = LayerStore.Open(Path.Combine(_root, "snapshots"));
        var images = new ImageStore(database, ContentStore.Open(Path.Combine(_root, "content")), layers);
        var first = await images.ImportAsync(BaseImage.Tar(), new ImportOptions { Reference = ImageReference.Parse("first") });
        await images.ImportAsync(BaseImage.Tar(), new ImportOptions { Reference = ImageReference.Parse("second"), Message = "other" });
        Assert.Equal(2, images.Count());
        Digest blob;
        using (var lease = images.Content.Lease("push"))
        {
            blob = (await images.EnsureLayerBlobAsync(lease, ChainId.Of(images.Config(first.Id).RootFs.DiffIds)[^1])).Digest;
        }

        await images.CollectGarbageAsync([]);
        Assert.True(images.Content.TryStat(blob, out _));
        await images.RemoveAsync("first", new RemoveImageOptions());
        Assert.True(images.Content.TryStat(blob, out _));
        await images.RemoveAsync("second", new RemoveImageOptions());
        Assert.False(images.Content.TryStat(blob, out _));
        Assert.Equal(0, images.Count());
    }

    private static Task<BuildResult> BuildAsync(BuildService service, IReadOnlyList<string> tags) => service.BuildAsync(
        new BuildRequest { ContextTar = Harness.Context(Dockerfile, ("f", "x")), Tags = tags }, new ClassicTranscript(new RecordedTranscript()));

    private sealed class StoreProvider(ImageStore images) : IImageProvider
    {
        public Task<Digest> EnsureAsync(
            string reference, Platform? platform, PullPolicy policy, IProgress<PullStatus> progress, CancellationToken cancellationToken) =>
            Task.FromResult(images.Find(reference)?.Id ?? throw GantryException.NotFound(reference));
    }
}
