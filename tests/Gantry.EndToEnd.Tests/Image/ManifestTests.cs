using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Image;

/// <summary>docker manifest: lists put together here and pushed.</summary>
[Collection(EngineCollection.Name)]
public sealed partial class ManifestTests(EngineProcess engine) : IAsyncLifetime
{
    private RegistryProcess _registry = null!;

    private string Amd => $"{_registry.Address}/multi/a:amd";

    private string Arm => $"{_registry.Address}/multi/b:arm";

    private string List => $"{_registry.Address}/multi/a:list";

    public async Task InitializeAsync()
    {
        _registry = await RegistryProcess.StartAsync("gantry");
        foreach (var (name, platform) in new[] { (Amd, "linux/amd64"), (Arm, "linux/arm64") })
        {
            (await engine.GantryAsync("import", "--platform", platform, "-m", platform, Repository.BusyboxTar, name)).Succeeded();
            (await engine.GantryAsync("push", "-q", name)).Succeeded();
            (await engine.GantryAsync("rmi", name)).Succeeded();
        }
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        if (Directory.Exists(Path.Combine(engine.Folder, "config", "manifests")))
        {
            Directory.Delete(Path.Combine(engine.Folder, "config", "manifests"), recursive: true);
        }
    }

    [Fact]
    public async Task Created_annotated_pushed_and_pulled()
    {
        Assert.Equal($"Created manifest list {List}", (await engine.GantryAsync("manifest", "create", List, Amd, Arm)).Succeeded().Text);
        (await engine.GantryAsync("manifest", "annotate", List, Arm, "--variant", "v8", "--os-features", "x")).Succeeded();
        var shown = (await engine.GantryAsync("manifest", "inspect", List)).Succeeded().Text;

        var pushed = (await engine.GantryAsync("manifest", "push", "-p", List)).Succeeded().Text.Split('\n');

        Assert.Matches(PushedRef(), pushed[0]);
        Assert.Matches("^sha256:[0-9a-f]{64}$", pushed[1]);
        Assert.False(Directory.EnumerateFileSystemEntries(Path.Combine(engine.Folder, "config", "manifests")).Any());
        Assert.Equal(shown, (await engine.GantryAsync("manifest", "inspect", List)).Succeeded().Text);
        using var json = JsonDocument.Parse(shown);
        Assert.Equal(
            ["amd64", "arm64 v8 x"],
            json.RootElement.GetProperty("manifests").EnumerateArray().Select(m => m.GetProperty("platform")).Select(p =>
                p.GetProperty("architecture").GetString() + (p.TryGetProperty("variant", out var v) ? $" {v.GetString()} {p.GetProperty("os.features")[0].GetString()}" : "")));
        (await engine.GantryAsync("pull", "-q", "--platform", "linux/arm64", List)).Succeeded();
        Assert.Equal("arm64", (await engine.GantryAsync("image", "inspect", "-f", "{{.Architecture}}", List)).Succeeded().Text);
        (await engine.GantryAsync("rmi", List)).Succeeded();
    }

    [Fact]
    public async Task Refusals()
    {
        (await engine.GantryAsync("manifest", "create", List, Amd)).Succeeded();

        (await engine.GantryAsync("manifest", "create", List, Arm)).Failed("refusing to amend an existing manifest list with no --amend flag");
        (await engine.GantryAsync("manifest", "create", "BAD::x", Arm)).Failed("error parsing name for manifest list BAD::x: invalid reference format: repository name (library/BAD) must be lowercase");
        (await engine.GantryAsync("manifest", "create", "-a", List, Amd + "x")).Failed($"no such manifest: {Amd}x");
        (await engine.GantryAsync("manifest", "annotate", List, Arm)).Failed($"manifest for image {Arm} does not exist in {List}");
        (await engine.GantryAsync("manifest", "annotate", List, Amd, "--os", "linux", "--arch", "foo")).Failed("manifest entry for image has unsupported os/arch combination: linux/foo");
        (await engine.GantryAsync("manifest", "push", Arm)).Failed($"No such manifest: {Arm}");
        (await engine.GantryAsync("manifest", "rm", List, Arm)).Failed($"No such manifest: {Arm}");
        (await engine.GantryAsync("manifest", "inspect", List)).Failed($"no such manifest: {List}");
        (await engine.GantryAsync("manifest", "create", "other.invalid/x:1", Amd)).Succeeded();
        (await engine.GantryAsync("manifest", "push", "other.invalid/x:1")).Failed(
            $"cannot use source images from a different registry than the target image: {_registry.Address} != other.invalid");
    }

    [Fact]
    public async Task Dockers_own_client_reads_and_writes_the_same_files()
    {
        if (EngineProcess.DockerCli is null)
        {
            return;
        }

        (await engine.DockerAsync("manifest", "create", "--insecure", List, Amd)).Succeeded();
        (await engine.GantryAsync("manifest", "create", "-a", List, Arm)).Succeeded();
        (await engine.GantryAsync("manifest", "annotate", List, Arm, "--os-version", "7")).Succeeded();

        foreach (var arguments in (string[][])[["inspect", List], ["inspect", "-v", List], ["inspect", List, Arm], ["inspect", "-v", List, Amd], ["inspect", "--insecure", Arm], ["inspect", "--insecure", "-v", Arm]])
        {
            Assert.Equal(
                (await engine.DockerAsync(["manifest", .. arguments])).Succeeded().Output,
                (await engine.GantryAsync(["manifest", .. arguments])).Succeeded().Output);
        }

        var theirs = (await engine.DockerAsync("manifest", "push", "--insecure", List)).Succeeded().Output;
        Assert.Equal(theirs, (await engine.GantryAsync("manifest", "push", List)).Succeeded().Output);
    }

    [GeneratedRegex("^Pushed ref 127.0.0.1:[0-9]+/multi/a@(sha256:[0-9a-f]{64}) with digest: \\1$")]
    private static partial Regex PushedRef();
}
