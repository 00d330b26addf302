using Gantry.Images;
using Gantry.Images.Plugins;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Check;

/// <summary>What a plugin has in the store, damaged on purpose, checked and mended.</summary>
public sealed class PluginCheckTests : IAsyncLifetime
{
    private readonly FakeImage _image = new(layers: 2, layerSize: 50_000);
    private readonly List<KeptPlugin> _plugins = [];
    private TestRegistry _registry = null!;
    private TestStore _store = null!;

    /// <summary>A plugin of an image's parts, with no image beside it.</summary>
    public async Task InitializeAsync()
    {
        _registry = await TestRegistry.StartAsync();
        _store = TestStore.Open();
        using var client = new RegistryClient(Clients.Quick);
        var reference = _registry.Reference("x/plugin:1");
        await _image.PushAsync(client.OpenForPush(reference), "1");
        await _store.PullAsync(reference);
        Keep(inUse: false);
        await _store.Images.RemoveAsync(_image.Id.ToString(), new RemoveImageOptions { Users = [], Force = true });
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Whole()
    {
        var report = await _store.CheckAsync();

        Assert.Empty(report.Problems);
        Assert.Equal((0, 2, 4), (report.Images, report.Layers, report.Blobs));
    }

    [Theory]
    [InlineData("layer", false)]
    [InlineData("layer", true)]
    [InlineData("config", false)]
    [InlineData("config", true)]
    [InlineData("manifest", false)]
    [InlineData("manifest", true)]
    public async Task Blob_is_fetched_again(string which, bool isMissing)
    {
        var digest = which == "layer" ? Digest.Of(_image.Blobs[1]) : which == "config" ? _image.Id : Digest.Of(_image.Manifest);
        if (isMissing)
        {
            _store.Images.Content.Delete(digest);
        }
        else
        {
            StoreDamage.Spoil(_store.Images.Content.PathOf(digest));
        }

        var problem = Assert.Single((await _store.CheckAsync()).Problems);
        Assert.Equal(("blob", digest.ToString(), null), (problem.Kind, problem.Id, problem.Mended));
        Assert.Equal(["x/plugin:1"], problem.Plugins);
        Assert.Empty(problem.Images);

        Assert.Equal($"fetched again from {_registry.Address}/x/plugin", Assert.Single((await _store.CheckAsync(repair: true)).Problems).Mended);
        Assert.Empty((await _store.CheckAsync()).Problems);
    }

    [Theory]
    [InlineData(0, "changed")]
    [InlineData(1, "changed")]
    [InlineData(1, "record")]
    [InlineData(0, "gone")]
    [InlineData(1, "gone")]
    public async Task Layer_is_unpacked_again(int index, string how)
    {
        var (chainId, name) = (_image.Chain[index], $"layer{index}");
        var directory = Path.GetDirectoryName(_store.Images.Layers.DiffDirectory(chainId))!;
        switch (how)
        {
            case "changed":
                StoreDamage.Spoil(Path.Combine(_store.Images.Layers.DiffDirectory(chainId), name));
                break;
            case "record":
                await _store.ReopenAsync(() => File.WriteAllText(Path.Combine(directory, "layer.json"), "{"));
                break;
            default:
                await _store.ReopenAsync(() => Directory.Delete(directory, recursive: true));
                break;
        }

        Keep(inUse: true);
        var problem = Assert.Single((await _store.CheckAsync(repair: true)).Problems);
        Assert.Equal(("layer", chainId.ToString(), null), (problem.Kind, problem.Id, problem.Mended));
        Assert.Equal(["x/plugin:1"], problem.Plugins);

        Keep(inUse: false);
        Assert.Equal($"unpacked again from {Digest.Of(_image.Blobs[index])}", Assert.Single((await _store.CheckAsync(repair: true)).Problems).Mended);
        Assert.Empty((await _store.CheckAsync()).Problems);
        Assert.Equal(TestContent.Bytes(50_000, 1000 + index), _store.ReadFile(_image.Chain[1], name));
    }

    /// <summary>Nobody else has it: what is left of it stays for whoever can make use of it, and is told.</summary>
    [Fact]
    public async Task One_made_here_is_told_of()
    {
        _plugins[0] = _plugins[0] with { Image = _plugins[0].Image with { Manifest = null, Blobs = [] } };
        StoreDamage.Spoil(Path.Combine(_store.Images.Layers.DiffDirectory(_image.Chain[0]), "layer0"));

        var problem = Assert.Single((await _store.CheckAsync(repair: true)).Problems);

        Assert.Equal(("layer", null), (problem.Kind, problem.Mended));
        Assert.Equal(["x/plugin:1"], problem.Plugins);
    }

    private void Keep(bool inUse)
    {
        var plugin = new PluginImage
        {
            Config = TestContent.Describe(_image.Config, MediaTypes.OciConfig),
            Chain = _image.Chain,
            Manifest = TestContent.Describe(_image.Manifest, MediaTypes.OciManifest),
            Blobs = _image.Layers,
        };
        _plugins.Clear();
        _plugins.Add(new KeptPlugin("x/plugin:1", _registry.Reference("x/plugin:1").ToString(), inUse, plugin));
        _store.Images.Plugins = () => _plugins;
    }
}
