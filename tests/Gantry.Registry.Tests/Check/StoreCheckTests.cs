using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Check;

/// <summary>A store damaged on purpose, checked and mended.</summary>
public sealed class StoreCheckTests : IAsyncLifetime
{
    private readonly FakeImage _image = new(layers: 3, layerSize: 100_000);
    private TestRegistry _registry = null!;
    private TestStore _store = null!;

    public async Task InitializeAsync()
    {
        _registry = await TestRegistry.StartAsync();
        _store = TestStore.Open();
        using var client = new RegistryClient(Clients.Quick);
        await _image.PushAsync(client.OpenForPush(_registry.Reference("x/y")), "1");
        await _store.PullAsync(_registry.Reference("x/y:1"));
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Whole_store()
    {
        var report = await _store.CheckAsync();

        Assert.Empty(report.Problems);
        Assert.Equal((1, 3, 5), (report.Images, report.Layers, report.Blobs));
    }

    [Theory]
    [InlineData("layer")]
    [InlineData("config")]
    [InlineData("manifest")]
    public async Task Damaged_blob_is_fetched_again(string which)
    {
        var digest = which == "layer" ? Digest.Of(_image.Blobs[1]) : which == "config" ? _image.Id : Digest.Of(_image.Manifest);
        StoreDamage.Spoil(_store.Images.Content.PathOf(digest));

        var problem = Assert.Single((await _store.CheckAsync()).Problems);
        Assert.Equal(("blob", digest.ToString(), "its content is not what its digest says", null), (problem.Kind, problem.Id, problem.Problem, problem.Mended));
        Assert.Equal([_image.Id.ToString()], problem.Images);

        problem = Assert.Single((await _store.CheckAsync(repair: true)).Problems);
        Assert.Equal($"fetched again from {_registry.Address}/x/y", problem.Mended);
        Assert.Empty((await _store.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Missing_manifest_is_fetched_again()
    {
        _store.Images.Content.Delete(Digest.Of(_image.Blobs[2])); // an unpacked layer does without
        _store.Images.Content.Delete(Digest.Of(_image.Manifest));

        Assert.Equal("it is missing", Assert.Single((await _store.CheckAsync(repair: true)).Problems).Problem);
        Assert.Empty((await _store.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Damaged_blob_that_no_registry_has_is_done_without()
    {
        await _registry.DisposeAsync();
        StoreDamage.Spoil(_store.Images.Content.PathOf(Digest.Of(_image.Blobs[1])));

        var problem = Assert.Single((await _store.CheckAsync(repair: true)).Problems);

        Assert.StartsWith("forgotten: ", problem.Mended, StringComparison.Ordinal);
        Assert.Empty((await _store.CheckAsync()).Problems);
        _registry = await TestRegistry.StartAsync();
        var target = _registry.Reference("again/x:1");
        _store.Images.Tag(_image.Id.ToString(), target);
        await _store.PushAsync(target);
        await using var other = TestStore.Open();
        Assert.Equal(_image.Id, (await other.PullAsync(target)).Result.ImageId);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("missing")]
    [InlineData("record")]
    [InlineData("gone")]
    public async Task Damaged_layer_is_unpacked_again(string how)
    {
        var chainId = _image.Chain[1];
        var file = Path.Combine(_store.Images.Layers.DiffDirectory(chainId), "layer1");
        switch (how)
        {
            case "changed":
                StoreDamage.Spoil(file);
                break;
            case "missing":
                File.Delete(file);
                break;
            case "record":
                await _store.ReopenAsync(() => File.WriteAllText(Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(file))!, "layer.json"), "{"));
                break;
            default:
                await _store.ReopenAsync(() => Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(file))!, recursive: true));
                break;
        }

        var problem = Assert.Single((await _store.CheckAsync()).Problems);
        Assert.Equal(("layer", chainId.ToString(), null), (problem.Kind, problem.Id, problem.Mended));

        problem = Assert.Single((await _store.CheckAsync(repair: true)).Problems);
        Assert.Equal($"unpacked again from {Digest.Of(_image.Blobs[1])}", problem.Mended);
        Assert.Empty((await _store.CheckAsync()).Problems);
        Assert.Equal(TestContent.Bytes(100_000, 1001), _store.ReadFile(_image.Chain[2], "layer1"));
    }

    [Fact]
    public async Task Layer_and_its_blob_damaged()
    {
        StoreDamage.Spoil(_store.Images.Content.PathOf(Digest.Of(_image.Blobs[0])));
        StoreDamage.Spoil(Path.Combine(_store.Images.Layers.DiffDirectory(_image.Chain[0]), "layer0"));

        var report = await _store.CheckAsync(repair: true);

        Assert.Equal(["blob", "layer"], report.Problems.Select(p => p.Kind));
        Assert.All(report.Problems, p => Assert.NotNull(p.Mended));
        Assert.Empty((await _store.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Layer_in_use_is_left_alone()
    {
        StoreDamage.Spoil(Path.Combine(_store.Images.Layers.DiffDirectory(_image.Chain[0]), "layer0"));

        var report = await _store.CheckAsync(repair: true, inUse: new HashSet<Digest> { _image.Chain[0] });

        Assert.Null(Assert.Single(report.Problems).Mended);
    }

    [Fact]
    public async Task Damaged_blob_that_nobody_needs_goes()
    {
        using (var lease = _store.Images.Content.Lease("test"))
        {
            var digest = await _store.Images.Content.WriteAsync(lease, "nobody's"u8.ToArray());
            StoreDamage.Spoil(_store.Images.Content.PathOf(digest));
        }

        Assert.Equal("removed: nobody needs it", Assert.Single((await _store.CheckAsync(repair: true)).Problems).Mended);
        Assert.Empty((await _store.CheckAsync()).Problems);
    }
}
