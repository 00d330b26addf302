using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gantry.Apps.Daemon.Flags;
using Gantry.Engine.Diagnostics;
using Gantry.Engine.Http.Hosting;
using Gantry.Engine.Settings;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Networks;
using Gantry.Registry;
using Gantry.Runtime;
using Gantry.Runtime.Spec;
using Gantry.Snapshots;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>The flags and the file, checked and turned into what each part of the engine takes.</summary>
internal sealed class DaemonSettings(FlagValues flags)
{
    /// <summary>As it was given. With user namespaces the data is in a folder of it.</summary>
    internal string GivenDataRoot { get; } = Absolute(flags.Text("data-root", FlagTable.DefaultDataRoot));

    /// <summary>Where the data is: each map of ids has a place of its own, as the owners of all files follow from it.</summary>
    internal string DataRoot => UserNamespace is { Root: var (user, group) } ? Path.Combine(GivenDataRoot, $"{user}.{group}") : GivenDataRoot;

    /// <summary>Maps of the containers' user namespaces, once <see cref="ResolveUserNamespace"/> has found them; null for none.</summary>
    internal IdMaps? UserNamespace { get; private set; }

    internal string ExecRoot { get; } = Absolute(flags.Text("exec-root", FlagTable.DefaultExecRoot));

    internal string PidFile => flags.Has("pidfile") ? Absolute(flags.Text("pidfile")) : Path.Combine(ExecRoot, "gantryd.pid");

    /// <summary><c>HOST:PORT</c> of the metrics, or empty.</summary>
    internal string MetricsAddress => flags.Text("metrics-addr");

    internal bool Debug => flags.Bool("debug");

    /// <summary>How the kernel is to rank the engine when memory runs out, -1000 (never) to 1000; null: as the process was started.</summary>
    internal int? OomScoreAdjust => !flags.Has("oom-score-adjust") ? null : flags.Number("oom-score-adjust", 0) is >= -1000 and <= 1000 and var score ? score
        : throw GantryException.InvalidArgument($"invalid oom-score-adjust: {flags.Number("oom-score-adjust", 0)}: it must be between -1000 and 1000");

    internal string MonitorPath => flags.Text("monitor-path") is { Length: > 0 } given
        ? Absolute(given)
        : Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "/usr/local/bin", "gantry-monitor");

    internal EngineLogLevel LogLevel => Debug ? EngineLogLevel.Debug : flags.Text("log-level", "info") switch
    {
        "debug" => EngineLogLevel.Debug,
        "info" => EngineLogLevel.Info,
        "warn" or "warning" => EngineLogLevel.Warn,
        "error" => EngineLogLevel.Error,
        "fatal" => EngineLogLevel.Fatal,
        var other => throw GantryException.InvalidArgument($"invalid logging level: {other}"),
    };

    internal bool LogAsJson => flags.Text("log-format", "text") switch
    {
        "text" => false,
        "json" => true,
        var other => throw GantryException.InvalidArgument($"invalid logging format: {other}"),
    };

    /// <summary>No colors, also where the log goes to a terminal.</summary>
    internal bool RawLogs => flags.Bool("raw-logs");

    private string DefaultSocket => Path.Combine(ExecRoot, "gantry.sock");

    /// <summary>Looks the user of <c>--userns-remap</c> up, and creates Docker's for <c>default</c>. Call as root, before anything else is used.</summary>
    /// <exception cref="GantryException">InvalidArgument in dockerd's words.</exception>
    internal void ResolveUserNamespace() =>
        UserNamespace = flags.Text("userns-remap") is { Length: > 0 } given ? new RemappedRoot(new UserFiles()).Resolve(given) : null;

    /// <summary>User namespaces were asked for with root as their root.</summary>
    internal bool IsRemappedToRoot => flags.Text("userns-remap").Length > 0 && UserNamespace is null;

    internal EngineSettings Engine()
    {
        var runtimes = RuntimeSettings.Read(flags);
        SettingsCheck.Run(flags);
        return new EngineSettings
        {
            DataRoot = DataRoot,
            Ids = UserNamespace,
            CdiDirectories = CdiDirectories(),
            ExecRoot = ExecRoot,
            Runtimes = runtimes.All,
            DefaultRuntime = runtimes.Default,
            LogDriver = flags.Text("log-driver", "json-file"),
            LogOptions = flags.Map("log-opt"),
            DefaultUlimits = flags.List("default-ulimit").Select(ParseUlimit).ToList(),
            DefaultShmSize = flags.Has("default-shm-size") ? ByteSize.Parse("default-shm-size", flags.Text("default-shm-size")) : 64 * 1024 * 1024,
            DefaultIpcMode = IpcMode(),
            DefaultCgroupnsMode = CgroupnsMode(),
            CgroupParent = flags.Text("cgroup-parent", "/docker"),
            Init = flags.Bool("init"),
            InitPath = flags.Text("init-path"),
            SeccompProfile = SeccompProfile(),
            NoNewPrivileges = flags.Bool("no-new-privileges"),
            LiveRestore = flags.Bool("live-restore", absent: true),
            ShutdownTimeout = flags.Number("shutdown-timeout", 15),
            Features = FeatureSettings.Read(flags),
            Labels = flags.List("label"),
            InsecureRegistries = flags.List("insecure-registry"),
            RegistryMirrors = flags.List("registry-mirror"),
            MaxConcurrentDownloads = AtLeastOne("max-concurrent-downloads", 3),
            MaxConcurrentUploads = AtLeastOne("max-concurrent-uploads", 5),
            MaxDownloadAttempts = AtLeastOne("max-download-attempts", 5),
            Debug = Debug,
            Experimental = flags.Bool("experimental"),
            Builds = BuilderSettings.Read(flags.Text("builder")),
            ApiWarnings = ApiWarning.Of(Tls(), TcpAddresses()),
            AuthorizationPlugins = [.. flags.List("authorization-plugin").Distinct()],
            Dns = flags.List("dns"),
            NoDefaultBridge = flags.Text("bridge") == DefaultBridgeOptions.NoBridge,
            DefaultAddressPools = NetworkFlags.Pools(flags),
        };
    }

    /// <summary>What was given and changes nothing, each with the reason.</summary>
    internal IEnumerable<(string Flag, string Why)> WithoutEffect() =>
        FlagTable.All.Where(f => f.NoEffect is not null && flags.Has(f.Name)).Select(f => (f.Name, f.NoEffect!));

    /// <summary>Before anything connects.</summary>
    internal void ApplyProxies(EngineLog log) => ProxySettings.Apply(flags, log);

    internal (string Name, object? Value)[] DescribeProxies() => ProxySettings.Describe(flags);

    internal NetworkServiceOptions Networks(Action<string> warn) => NetworkFlags.Read(flags, ExecRoot, InstanceId()) with
    {
        Warn = warn,
        Ids = UserNamespace,
        OwnPorts = [.. Server().Listeners.Where(l => l.Kind == ListenKind.Tcp).SelectMany(l => OwnPorts.Of(l.Host, l.Port)), .. OwnPorts.Of(MetricsAddress)],
    };

    internal TaskServiceOptions Tasks(EngineSettings engine) => new()
    {
        ExecRoot = ExecRoot,
        MonitorPath = MonitorPath,
        Runtimes = engine.Runtimes,
        DefaultRuntime = engine.DefaultRuntime,
    };

    internal EngineServerOptions Server()
    {
        var tls = Tls();
        var hosts = flags.List("host");
        return new EngineServerOptions
        {
            Listeners = (hosts.Count == 0 ? [string.Empty] : hosts.Distinct()).Select(h => ListenAddress.Parse(h, DefaultSocket, tls is not null)).ToList(),
            SocketGroupId = SocketGroup.Find(flags.Text("group", "docker"), flags.Has("group")),
            Tls = tls,
        };
    }

    /// <summary>The limit on what a compressed layer may become goes with <c>"features": {"layer-expansion-limit": false}</c>, when the engine starts.</summary>
    internal LayerStoreOptions Layers()
    {
        var options = new LayerStoreOptions { Ids = UserNamespace };
        return FeatureSettings.Read(flags).TryGetValue("layer-expansion-limit", out var on) && !on ? options with { Expansion = null } : options;
    }

    internal static RegistryOptions Registry(EngineSettings engine) => new()
    {
        InsecureRegistries = engine.InsecureRegistries,
        Mirrors = engine.RegistryMirrors,
        MaxAttempts = engine.MaxDownloadAttempts,
        UserAgent = $"gantry/{Gantry.Engine.EngineVersion.Text}",
    };

    /// <summary>Listeners that anyone who reaches them is served by.</summary>
    internal IReadOnlyList<string> UnverifiedTcp() => Tls() is { VerifyClients: true } ? [] : TcpAddresses();

    private List<string> TcpAddresses() =>
        Server().Listeners.Where(l => l.Kind == ListenKind.Tcp).Select(l => l.ToString()).ToList();

    /// <summary>Tells engines on one host apart by where their data is; the default one is called by the product's name.</summary>
    private string InstanceId() => GivenDataRoot == FlagTable.DefaultDataRoot
        ? "gantry"
        : "gantry" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(GivenDataRoot)))[..8];

    /// <summary>
    /// As in dockerd <c>--tlsverify</c> means TLS whatever its value, and <c>--tls</c> means that clients are verified unless <c>--tlsverify=false</c>.
    /// A certificate alone means TLS for whoever connects.
    /// </summary>
    private TlsOptions? Tls() => flags.Has("tlsverify") || flags.Bool("tls", absent: flags.Has("tlscert"))
        ? new TlsOptions(
            flags.Text("tlscert", "/etc/gantry/cert.pem"),
            flags.Text("tlskey", "/etc/gantry/key.pem"),
            flags.Text("tlscacert", "/etc/gantry/ca.pem"),
            VerifyClients: flags.Bool("tlsverify", absent: flags.Bool("tls")))
        : null;

    private static UlimitSetting ParseUlimit(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var limits = equals < 0 ? [] : text[(equals + 1)..].Split(':');
        return limits.Length is 1 or 2
            && long.TryParse(limits[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var soft)
            && long.TryParse(limits[^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var hard)
            ? new UlimitSetting(text[..equals], soft, hard)
            : throw GantryException.InvalidArgument($"invalid argument \"{text}\" for \"--default-ulimit\" flag: invalid ulimit argument: {text}");
    }

    /// <summary>None where the feature is off, or one empty name is given.</summary>
    private List<string> CdiDirectories() =>
        FeatureSettings.Read(flags).TryGetValue("cdi", out var on) && !on ? []
            : flags.Has("cdi-spec-dir") ? [.. flags.List("cdi-spec-dir").Where(d => d.Length > 0)]
            : [.. CdiDevices.DefaultDirectories];

    private string? SeccompProfile()
    {
        var path = flags.Text("seccomp-profile");
        try
        {
            return path is "" or "builtin" ? null : path == "unconfined" ? path : File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"opening seccomp profile ({path}) failed: {e.Message}", e);
        }
    }

    private string IpcMode()
    {
        const string Hint = "use \"shareable\" or \"private\"";
        var mode = flags.Text("default-ipc-mode");
        return mode switch
        {
            "" => "private",
            "shareable" or "private" => mode,
            "none" or "host" => throw GantryException.InvalidArgument($"IPC mode \"{mode}\" is not supported as default value; {Hint}"),
            _ when mode.StartsWith("container:", StringComparison.Ordinal) => throw GantryException.InvalidArgument($"IPC mode \"{mode}\" is not supported as default value; {Hint}"),
            _ => throw GantryException.InvalidArgument($"default IPC mode setting ({mode}) is invalid; {Hint}"),
        };
    }

    private string CgroupnsMode()
    {
        var mode = flags.Text("default-cgroupns-mode");
        return mode is "" or "host" or "private"
            ? mode
            : throw GantryException.InvalidArgument($"invalid default cgroup namespace ({mode}): use \"host\" or \"private\"");
    }

    private int AtLeastOne(string flag, int absent)
    {
        var value = flags.Number(flag, absent);
        return value >= 1 ? value : throw GantryException.InvalidArgument($"invalid {flag.Replace('-', ' ')}: {value}");
    }

    private static string Absolute(string path) => Path.GetFullPath(path);
}
