using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Plugin;

/// <summary>Plugins in registries: push, install, upgrade, with every command line against ours and Debian's.</summary>
[Collection(EngineCollection.Name)]
public sealed class PluginRegistryTests(EngineProcess engine)
{
    /// <summary>"secret" in bcrypt.</summary>
    private const string Users = "ann:$2y$05$8Wp0T0lHLv0P4mhgoTuyu.HS/1wXVzufD4uTgaqTuvTXodL.uQxOy\n";

    private const string Asked = " is requesting the following privileges:\n - network: [host]\n - mount: [/tmp]\n - device: [/dev/null]\n - capabilities: [CAP_SYS_ADMIN]\nDo you grant the above permissions? [y/N] ";

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var client in EngineProcess.DockerCli is null ? ["gantry"] : (string[])["gantry", "docker"])
            {
                cases.Add(client, "gantry");
                cases.Add(client, "docker-registry");
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_was_pushed_is_installed(string client, string kind)
    {
        await using var registry = await RegistryProcess.StartAsync(kind);
        var name = $"{registry.Address}/team/driver:v1";
        await using var plugin = await TestPlugin.CreateAsync(engine, name);
        Assert.StartsWith($"The push refers to repository [{registry.Address}/team/driver]\n", (await engine.RunAsync(client, "plugin", "push", name)).Succeeded().Output, StringComparison.Ordinal);
        var manifest = (await Command.RunAsync("curl", ["-s", "-i", "-H", "Accept: application/vnd.docker.distribution.manifest.v2+json", $"http://{registry.Address}/v2/team/driver/manifests/v1"])).Succeeded().Output;
        Assert.Contains("\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"", manifest, StringComparison.Ordinal);
        Assert.Contains("\"config\":{\"mediaType\":\"application/vnd.docker.plugin.v1+json\"", manifest, StringComparison.Ordinal);
        Assert.Contains("\"layers\":[{\"mediaType\":\"application/vnd.docker.image.rootfs.diff.tar.gzip\"", manifest, StringComparison.Ordinal);

        // Programs are told what came of it: the last message of a push.
        var told = (await Command.RunAsync("curl", ["-s", "--unix-socket", engine.Host["unix://".Length..], "-X", "POST", "-H", "X-Registry-Auth: e30=", $"http://x/plugins/{name}/push"])).Succeeded().Output;
        var digest = System.Text.RegularExpressions.Regex.Match(manifest, "(?i)Docker-Content-Digest: (sha256:[0-9a-f]{64})").Groups[1].Value;
        Assert.Contains($"\"aux\":{{\"Tag\":\"v1\",\"Digest\":\"{digest}\",\"Size\":", told, StringComparison.Ordinal);
        (await engine.RunAsync(client, "plugin", "rm", name)).Succeeded();

        var installed = (await engine.RunAsync(client, "plugin", "install", "--grant-all-permissions", name, "DEBUG=7")).Succeeded().Output;
        Assert.StartsWith($"v1: Pulling from {registry.Address}/team/driver\nDigest: sha256:", installed, StringComparison.Ordinal);
        Assert.EndsWith($"Installed plugin {name}\n", installed, StringComparison.Ordinal);
        Assert.Equal($"{name} true", (await engine.RunAsync(client, "plugin", "ls", "--format", "{{.PluginReference}} {{.Enabled}}")).Succeeded().Text);
        Assert.Contains("DEBUG=7", (await engine.RunAsync(client, "plugin", "inspect", "-f", "{{json .Settings.Env}}", name)).Succeeded().Output, StringComparison.Ordinal);
        (await engine.RunAsync(client, "plugin", "install", "--grant-all-permissions", name)).Failed($"plugin {name} already exists");
        (await engine.RunAsync(client, "pull", name)).Failed("Encountered remote \"application/vnd.docker.plugin.v1+json\"(plugin) when fetching");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Who_has_a_name_and_a_password_installs(string client, string kind)
    {
        await using var registry = await RegistryProcess.StartAsync(kind, Users);
        var name = $"{registry.Address}/team/driver:latest";
        await using var plugin = await TestPlugin.CreateAsync(engine, name);
        Assert.NotEqual(0, (await engine.RunAsync(client, "plugin", "push", name)).ExitCode);
        (await engine.RunAsync(client, "login", "-u", "ann", "-p", "secret", registry.Address)).Succeeded();
        (await engine.RunAsync(client, "plugin", "push", name)).Succeeded();
        (await engine.RunAsync(client, "plugin", "rm", name)).Succeeded();
        (await engine.RunAsync(client, "plugin", "install", "--grant-all-permissions", "--disable", name)).Succeeded();
        (await engine.RunAsync(client, "plugin", "rm", name)).Succeeded();
        (await engine.RunAsync(client, "logout", registry.Address)).Succeeded();

        Assert.NotEqual(0, (await engine.RunAsync(client, "plugin", "install", "--grant-all-permissions", name)).ExitCode);
        Assert.Empty((await engine.RunAsync(client, "plugin", "ls", "-q")).Succeeded().Text);
    }

    [Fact]
    public async Task The_user_is_asked_for_what_it_needs()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        var name = $"{registry.Address}/team/driver";
        await PushAsync(name);

        var declined = await engine.GantryWithInputAsync("n\n", "plugin", "install", name);
        Assert.Equal($"Plugin \"{name}\"{Asked}", declined.Output);
        declined.Failed($"permission denied while installing plugin {name}");
        Assert.Empty((await engine.GantryAsync("plugin", "ls", "-q")).Succeeded().Text);

        var granted = (await engine.GantryWithInputAsync("y\n", "plugin", "install", "--disable", "--alias", "mine", name)).Succeeded();
        Assert.StartsWith($"Plugin \"{name}\"{Asked}latest: Pulling from {name}\n", granted.Output, StringComparison.Ordinal);
        Assert.Equal($"mine:latest {name}:latest", (await engine.GantryAsync("plugin", "ls", "--format", "{{.Name}} {{.PluginReference}}")).Succeeded().Text);
        (await engine.GantryAsync("plugin", "rm", "mine")).Succeeded();

        var answer = await Command.RunAsync(
            "curl", ["-s", "--unix-socket", engine.Host["unix://".Length..], "-X", "POST", "-H", "Content-Type: application/json", "-d", "[]", $"http://x/plugins/pull?remote={name}"]);
        Assert.Contains("incorrect privileges", answer.Output, StringComparison.Ordinal);
        Assert.Empty((await engine.GantryAsync("plugin", "ls", "-q")).Succeeded().Text);
    }

    [Fact]
    public async Task A_digest_names_one_version_for_good()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        var name = $"{registry.Address}/team/driver";
        var digest = await PushAsync(name);
        await PushAsync(name, "second");

        (await engine.GantryAsync("plugin", "install", "--grant-all-permissions", "--disable", $"{name}@{digest}")).Succeeded();
        Assert.Equal($"{name}:latest {name}@{digest} for tests", (await engine.GantryAsync("plugin", "ls", "--format", "{{.Name}} {{.PluginReference}} {{.Description}}")).Succeeded().Text);
        (await engine.GantryAsync("plugin", "rm", name)).Succeeded();
        (await engine.GantryAsync("plugin", "install", "--grant-all-permissions", "--alias", $"mine@{digest}", name)).Failed("invalid name: mine@" + digest);
    }

    [Fact]
    public async Task An_upgrade_keeps_what_was_set()
    {
        await using var registry = await RegistryProcess.StartAsync("docker-registry");
        var name = $"{registry.Address}/team/driver";
        await PushAsync(name);
        (await engine.GantryAsync("plugin", "install", "--grant-all-permissions", "--alias", "mine", name, "DEBUG=3")).Succeeded();
        (await engine.GantryAsync("volume", "create", "-d", "mine", "kept-volume")).Succeeded();
        await PushAsync(name, "second");

        (await engine.GantryAsync("plugin", "upgrade", "--grant-all-permissions", "mine")).Failed("the plugin must be disabled before upgrading");
        (await engine.GantryAsync("plugin", "disable", "-f", "mine")).Succeeded();
        var upgraded = (await engine.GantryAsync("plugin", "upgrade", "--grant-all-permissions", "mine")).Succeeded().Output;
        Assert.StartsWith($"Upgrading plugin mine:latest from {name}:latest to {name}:latest\n", upgraded, StringComparison.Ordinal);
        Assert.EndsWith($"Upgraded plugin mine:latest to {name}:latest\n", upgraded, StringComparison.Ordinal);
        Assert.Equal("second", (await engine.GantryAsync("plugin", "ls", "--format", "{{.Description}}")).Succeeded().Text);
        Assert.Contains("DEBUG=3", (await engine.GantryAsync("plugin", "inspect", "-f", "{{json .Settings.Env}}", "mine")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(0, (await engine.GantryWithInputAsync("n\n", "plugin", "upgrade", "mine", name + ":other")).ExitCode);
        (await engine.GantryAsync("plugin", "upgrade", "--skip-remote-check", "--grant-all-permissions", "mine", name + ":other")).Failed($"error resolving plugin reference: {name}:other: not found");
        (await engine.GantryAsync("plugin", "enable", "mine")).Succeeded();
        (await engine.GantryAsync("volume", "rm", "kept-volume")).Succeeded();
        (await engine.GantryAsync("plugin", "rm", "-f", "mine")).Succeeded();
    }

    [Fact]
    public async Task An_image_is_no_plugin()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        var name = $"{registry.Address}/team/image:latest";
        (await engine.GantryAsync("tag", "busybox", name)).Succeeded();
        (await engine.GantryAsync("push", name)).Succeeded();
        (await engine.GantryAsync("rmi", name)).Succeeded();

        (await engine.GantryAsync("plugin", "install", name)).Failed($"did not find plugin config for specified reference {name}");
        (await engine.GantryAsync("plugin", "install", $"{registry.Address}/team/nothing")).Failed("error resolving plugin reference");
    }

    /// <summary>Makes a plugin, pushes and removes it; returns its manifest's digest.</summary>
    private async Task<string> PushAsync(string name, string description = "for tests")
    {
        await using var plugin = await TestPlugin.CreateAsync(engine, name, c => c["description"] = description);
        var pushed = (await engine.GantryAsync("plugin", "push", name)).Succeeded().Output;
        var registry = name[..name.IndexOf('/', StringComparison.Ordinal)];
        var head = (await Command.RunAsync(
            "curl", ["-sI", "-H", "Accept: application/vnd.docker.distribution.manifest.v2+json", $"http://{registry}/v2/{name[(registry.Length + 1)..]}/manifests/latest"])).Succeeded().Output;
        var digest = head.Split('\n').First(l => l.StartsWith("docker-content-digest:", StringComparison.OrdinalIgnoreCase)).Split(' ')[1].Trim();
        Assert.Contains(digest["sha256:".Length..][..12] + ": Upload complete", pushed, StringComparison.Ordinal);
        return digest;
    }
}
