using Gantry.Apps.Daemon.Flags;
using Gantry.Errors;
using Gantry.Runtime;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>OCI runtimes: those of the host that are known to work, and those that were added.</summary>
internal sealed record RuntimeSettings(IReadOnlyDictionary<string, RuntimeConfig> All, string Default)
{
    /// <summary>crun first: it takes a third of runc's time (docs/design/runtime-invocation.md).</summary>
    private static readonly string[] s_known = ["crun", "runc"];

    /// <summary>Means the same program to every client and cannot be given to another, as in Docker.</summary>
    private const string Reserved = "runc";

    /// <summary>What runc is called by who names the shim that Docker runs it with; Docker lists it beside runc.</summary>
    private const string RuncShim = "io.containerd.runc.v2";

    internal static RuntimeSettings Read(FlagValues flags)
    {
        var all = new Dictionary<string, RuntimeConfig>();
        foreach (var name in s_known)
        {
            if (FindInPath(name) is { } path)
            {
                all[name] = new RuntimeConfig(path, []);
            }
        }

        foreach (var (name, value) in flags.Map("add-runtime"))
        {
            if (name == Reserved)
            {
                throw GantryException.InvalidArgument($"runtime name '{name}' is reserved");
            }

            var words = value.Split('\n');
            all[name] = new RuntimeConfig(FindInPath(words[0]) ?? words[0], words[1..]);
        }

        if ((all.GetValueOrDefault("runc") ?? all.GetValueOrDefault("crun")) is { } runc)
        {
            all.TryAdd(RuncShim, runc);
        }

        var chosen = flags.Text("default-runtime");
        if (chosen.Length > 0)
        {
            return all.ContainsKey(chosen)
                ? new RuntimeSettings(all, chosen)
                : throw GantryException.InvalidArgument($"specified default runtime '{chosen}' does not exist");
        }

        return all.Count > 0
            ? new RuntimeSettings(all, s_known.FirstOrDefault(all.ContainsKey) ?? all.Keys.First())
            : throw GantryException.InvalidArgument("no OCI runtime found: install crun or runc, or name one with --add-runtime");
    }

    private static string? FindInPath(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        var path = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } set ? set : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':').Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists);
    }
}
