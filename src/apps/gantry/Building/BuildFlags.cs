using System.Globalization;
using System.Text;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;
using Gantry.Client.Api;
using Gantry.Errors;
using Gantry.Terminal.Values;

namespace Gantry.Apps.Cli.Building;

/// <summary>The flags of build that the engine is told.</summary>
internal sealed class BuildFlags
{
    private readonly ListFlag<string> _extraHosts;
    private readonly ListFlag<string> _arguments;
    private readonly ListFlag<string> _cacheFrom;
    private readonly Flag<string> _cgroupParent;
    private readonly Flag<bool> _compress;
    private readonly Flag<long> _cpuPeriod;
    private readonly Flag<long> _cpuQuota;
    private readonly Flag<long> _cpuShares;
    private readonly Flag<string> _cpusetCpus;
    private readonly Flag<string> _cpusetMemory;
    private readonly Flag<bool> _noTrust;
    private readonly Flag<bool> _forceRemove;
    private readonly Flag<string> _isolation;
    private readonly ListFlag<string> _labels;
    private readonly Flag<long> _memory;
    private readonly Flag<long> _memorySwap;
    private readonly Flag<string> _network;
    private readonly Flag<bool> _noCache;
    private readonly Flag<string> _platform;
    private readonly Flag<bool> _pull;
    private readonly Flag<bool> _remove;
    private readonly ListFlag<string> _securityOptions;
    private readonly Flag<long> _shmSize;
    private readonly Flag<bool> _squash;
    private readonly Flag<string> _target;
    private readonly ListFlag<Ulimit> _ulimits;
    private readonly List<Flag> _missing;

    public BuildFlags(FlagSet flags)
    {
        _extraHosts = flags.List("add-host", "Add a custom host-to-IP mapping (\"host:ip\")", check: FlagChecks.ExtraHost);
        _arguments = flags.List("build-arg", "Set build-time variables", check: FlagChecks.EnvironmentVariable);
        _cacheFrom = flags.Strings("cache-from", "Images to consider as cache sources");
        _cgroupParent = flags.String("cgroup-parent", "Set the parent cgroup for the \"RUN\" instructions during build");
        _compress = flags.Bool("compress", "Compress the build context using gzip");
        _cpuPeriod = flags.Int("cpu-period", "Limit the CPU CFS (Completely Fair Scheduler) period");
        _cpuQuota = flags.Int("cpu-quota", "Limit the CPU CFS (Completely Fair Scheduler) quota");
        _cpuShares = flags.Int("cpu-shares", "CPU shares (relative weight)", 'c');
        _cpusetCpus = flags.String("cpuset-cpus", "CPUs in which to allow execution (0-3, 0,1)");
        _cpusetMemory = flags.String("cpuset-mems", "MEMs in which to allow execution (0-3, 0,1)");
        _noTrust = flags.Bool("disable-content-trust", "Skip image verification", value: true);
        _forceRemove = flags.Bool("force-rm", "Always remove intermediate containers");
        _isolation = flags.String("isolation", "Container isolation technology");
        _labels = flags.List("label", "Set metadata for an image");
        _memory = flags.Bytes("memory", "Memory limit", 'm');
        _memorySwap = flags.Bytes("memory-swap", "Swap limit equal to memory plus swap: -1 to enable unlimited swap", allowUnlimited: true);
        _network = flags.String("network", "Set the networking mode for the RUN instructions during build", value: "default");
        _noCache = flags.Bool("no-cache", "Do not use cache when building the image");
        _platform = flags.String("platform", "Set platform if server is multi-platform capable");
        _pull = flags.Bool("pull", "Always attempt to pull a newer version of the image");
        _remove = flags.Bool("rm", "Remove intermediate containers after a successful build", value: true);
        _securityOptions = flags.Strings("security-opt", "Security options");
        _shmSize = flags.Bytes("shm-size", "Size of \"/dev/shm\"");
        _squash = flags.Experimental(flags.Bool("squash", "Squash newly built layers into a single new layer"));
        _target = flags.String("target", "Set the target build stage to build.");
        _ulimits = Ulimits.Flag(flags);

        // What buildx has beyond the classic builder is refused by name.
        _missing =
        [
            flags.List("output", "", 'o', hidden: true), flags.List("secret", "", hidden: true), flags.List("ssh", "", hidden: true), flags.List("cache-to", "", hidden: true),
            flags.Bool("load", "", hidden: true), flags.Bool("push", "", hidden: true), flags.List("build-context", "", hidden: true), flags.List("allow", "", hidden: true),
            flags.List("attest", "", hidden: true), flags.String("builder", "", hidden: true), flags.String("metadata-file", "", hidden: true),
            flags.String("sbom", "", hidden: true), flags.String("provenance", "", hidden: true), flags.List("no-cache-filter", "", hidden: true),
            flags.List("annotation", "", hidden: true), flags.Bool("check", "", hidden: true), flags.String("call", "", hidden: true),
        ];
    }

    public bool Compress => _compress.Value;

    /// <exception cref="GantryException">A flag asks for what isn't there.</exception>
    public void Check()
    {
        ContentTrust.Check(_noTrust);
        var missing = _missing.Find(f => f.Changed) ?? (_squash.Value ? _squash : null);
        if (missing is not null)
        {
            throw GantryException.NotImplemented($"--{missing.Name} is not implemented yet");
        }

        Platforms.Check(_platform);
    }

    public Query ToQuery(Cli cli)
    {
        var query = new Query()
            .Add("nocache", _noCache).Add("pull", _pull ? "1" : null).Add("forcerm", _forceRemove)
            .Add("target", _target).Add("networkmode", _network.Value == "default" ? null : _network.Value).Add("platform", _platform.Value.ToLowerInvariant())
            .Add("cgroupparent", _cgroupParent).Add("cpusetcpus", _cpusetCpus).Add("cpusetmems", _cpusetMemory).Add("isolation", _isolation)
            .Add("cpuperiod", Set(_cpuPeriod)).Add("cpuquota", Set(_cpuQuota)).Add("cpushares", Set(_cpuShares))
            .Add("memory", Set(_memory)).Add("memswap", Set(_memorySwap)).Add("shmsize", Set(_shmSize))
            .AddAll("extrahosts", _extraHosts.Values).AddAll("securityopt", _securityOptions.Values);
        if (!_remove.Value)
        {
            query.Add("rm", "0");
        }

        return query.Add("buildargs", Arguments(cli)).Add("labels", Labels()).Add("cachefrom", Json(new GoList(_cacheFrom.Values))).Add("ulimits", Limits());
    }

    /// <summary>An argument without a value takes it from our environment, or unsets what the Dockerfile gives it.</summary>
    private string? Arguments(Cli cli)
    {
        var map = new GoMap();
        foreach (var (name, value) in cli.Config.ProxyVariables(cli.Client.Host.Text))
        {
            map[name] = value;
        }

        foreach (var argument in _arguments.Values)
        {
            var (name, value) = FlagValues.Pair(argument);
            map[name] = argument.Contains('=', StringComparison.Ordinal) ? value : GoNil.Pointer;
        }

        return map.Count > 0 ? GoJson.Serialize(map) : null;
    }

    private string? Labels()
    {
        var map = new GoMap();
        foreach (var (name, value) in _labels.Values.Select(FlagValues.Pair))
        {
            map[name] = value;
        }

        return map.Count > 0 ? GoJson.Serialize(map) : null;
    }

    private static string? Json(GoList list) => list.Items.Count > 0 ? GoJson.Serialize(list) : null;

    private string? Limits()
    {
        if (_ulimits.Values.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder("[");
        foreach (var limit in _ulimits.Values)
        {
            text.Append(text.Length > 1 ? "," : "").Append(CultureInfo.InvariantCulture, $"{{\"Name\":\"{limit.Name}\",\"Hard\":{limit.Hard},\"Soft\":{limit.Soft}}}");
        }

        return text.Append(']').ToString();
    }

    private static long? Set(Flag<long> flag) => flag.Value != 0 ? flag.Value : null;
}
