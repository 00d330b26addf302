using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Image;

/// <summary>One name with the images of two platforms, pulled from a registry that is a cache of another one.</summary>
[Collection(EngineCollection.Name)]
public sealed class PlatformTests(EngineProcess engine) : IAsyncLifetime
{
    private RegistryProcess _registry = null!;
    private RegistryProcess _cache = null!;

    private string Name => $"{_cache.Address}/hub.test/multi/box:all";

    public async Task InitializeAsync()
    {
        _registry = await RegistryProcess.StartAsync("gantry");
        _cache = await RegistryProcess.StartAsync("gantry", null, "--proxy", $"hub.test=http://{_registry.Address}");
        var names = new[] { "amd64", "s390x" }.Select(platform => $"{_registry.Address}/multi/box:{platform}").ToList();
        foreach (var name in names)
        {
            (await engine.GantryAsync("import", "--platform", "linux/" + name.Split(':')[^1], "-c", "CMD [\"sh\"]", Repository.BusyboxTar, name)).Succeeded();
            (await engine.GantryAsync("push", "-q", name)).Succeeded();
            (await engine.GantryAsync("rmi", name)).Succeeded();
        }

        (await engine.GantryAsync(["manifest", "create", "--insecure", $"{_registry.Address}/multi/box:all", .. names])).Succeeded();
        (await engine.GantryAsync("manifest", "push", "-p", "--insecure", $"{_registry.Address}/multi/box:all")).Succeeded();
    }

    public async Task DisposeAsync()
    {
        await engine.GantryAsync("rmi", "-f", Name);
        await _cache.DisposeAsync();
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Both_platforms_stay_and_each_can_be_chosen()
    {
        foreach (var platform in new[] { "linux/s390x", "linux/amd64" })
        {
            (await engine.GantryAsync("pull", "-q", "--platform", platform, Name)).Succeeded();
        }

        const string Format = "{{.Architecture}}";
        Assert.Equal("amd64", (await engine.GantryAsync("image", "inspect", "-f", Format, Name)).Succeeded().Text);
        Assert.Equal("s390x", (await engine.GantryAsync("image", "inspect", "--platform", "linux/s390x", "-f", Format, Name)).Succeeded().Text);
        Assert.Contains("Imported from", (await engine.GantryAsync("history", "--platform", "linux/s390x", Name)).Succeeded().Text, StringComparison.Ordinal);
        foreach (var platform in new[] { "linux/s390x", "linux/amd64" })
        {
            Assert.Equal("hi", (await engine.GantryAsync("run", "--rm", "--pull", "never", "--platform", platform, Name, "echo", "hi")).Succeeded().Text);
        }

        var tree = (await engine.GantryAsync("image", "ls", "--tree")).Succeeded().Output;
        Assert.Matches(@"├─ linux/amd64 +[0-9a-f]{12} +\S+MB", tree);
        Assert.Matches(@"└─ linux/s390x +[0-9a-f]{12} +\S+MB", tree);

        var archive = Path.Combine(engine.Folder, "platforms.tar");
        (await engine.GantryAsync("save", "-o", archive, Name)).Succeeded();
        (await engine.GantryAsync("rmi", Name)).Succeeded();
        Assert.Equal($"Loaded image: {Name}", (await engine.GantryAsync("load", "-q", "-i", archive)).Succeeded().Text);
        Assert.Equal("s390x", (await engine.GantryAsync("image", "inspect", "--platform", "linux/s390x", "-f", Format, Name)).Succeeded().Text);
        (await engine.GantryAsync("image", "rm", "--platform", "linux/amd64", Name)).Succeeded();
        Assert.Equal("s390x", (await engine.GantryAsync("image", "inspect", "-f", Format, Name)).Succeeded().Text);
    }
}
