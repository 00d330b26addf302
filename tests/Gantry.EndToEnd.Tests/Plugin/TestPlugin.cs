using System.Text.Json.Nodes;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Plugin;

/// <summary>
/// A folder that <c>plugin create</c> takes: the program that test-plugin.c is compiled to, and a configuration. Disposing removes the plugin of that name, by
/// force, and the folder.
/// </summary>
internal sealed class TestPlugin : IAsyncDisposable
{
    private static readonly Lazy<string> s_program = new(Compile);
    private readonly EngineProcess _engine;

    private TestPlugin(EngineProcess engine, string name) => (_engine, Name) = (engine, name);

    internal string Name { get; }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("gantry-plugin-").FullName;

    /// <summary>A driver of volumes with a propagated mount, unless the change says otherwise.</summary>
    /// <param name="change">Makes another configuration of the usual one.</param>
    internal static TestPlugin Make(EngineProcess engine, string name, Action<JsonObject>? change = null)
    {
        var plugin = new TestPlugin(engine, name);
        var root = Path.Combine(plugin.Folder, "rootfs");
        foreach (var directory in (string[])["bin", "mnt", "host", "run/docker/plugins", "etc", "proc", "sys", "dev"])
        {
            Directory.CreateDirectory(Path.Combine(root, directory));
        }

        File.Copy(s_program.Value, Path.Combine(root, "bin/plugin"));
        plugin.Write(change);
        return plugin;
    }

    /// <summary>Makes it in the engine, too.</summary>
    internal static async Task<TestPlugin> CreateAsync(EngineProcess engine, string name, Action<JsonObject>? change = null)
    {
        var plugin = Make(engine, name, change);
        (await engine.GantryAsync("plugin", "create", name, plugin.Folder)).Succeeded();
        return plugin;
    }

    /// <summary>Writes the configuration anew.</summary>
    internal void Write(Action<JsonObject>? change = null)
    {
        var configuration = JsonNode.Parse("""
            {
              "description": "for tests", "documentation": "none", "entrypoint": ["/bin/plugin"],
              "interface": { "types": ["docker.volumedriver/1.0"], "socket": "test.sock" },
              "network": { "type": "host" }, "propagatedmount": "/mnt/volumes",
              "linux": { "capabilities": ["CAP_SYS_ADMIN"], "devices": [{ "name": "null", "path": "/dev/null", "settable": ["path"] }] },
              "mounts": [{ "name": "host", "source": "/tmp", "destination": "/host", "type": "bind", "options": ["rbind", "ro"], "settable": ["source"] }],
              "env": [{ "name": "MEMORY", "value": "1" }, { "name": "DEBUG", "value": "0", "settable": ["value"] }, { "name": "UNSET", "settable": ["value"] }],
              "args": { "name": "args", "value": ["one", "two"], "settable": ["value"] }
            }
            """)!.AsObject();
        change?.Invoke(configuration);
        File.WriteAllText(Path.Combine(Folder, "config.json"), configuration.ToJsonString());
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.GantryAsync("plugin", "rm", "-f", Name);
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Processes of the test program.</summary>
    internal static IReadOnlyList<int> Processes() =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, System.Globalization.CultureInfo.InvariantCulture))
            .Where(pid => CommandLine(pid).StartsWith("/bin/plugin\0", StringComparison.Ordinal)),
    ];

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }

    private static string Compile()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "test-plugin");
        Command.RunAsync("gcc", ["-O1", "-static", "-D_GNU_SOURCE", "-o", program, Path.Combine(Repository.Root, "tests/Gantry.EndToEnd.Tests/Plugin/test-plugin.c")])
            .GetAwaiter().GetResult().Succeeded();
        return program;
    }
}
