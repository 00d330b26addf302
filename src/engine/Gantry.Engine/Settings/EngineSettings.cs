using Gantry.Linux;
using Gantry.Networks;
using Gantry.Runtime;

namespace Gantry.Engine.Settings;

/// <summary>Everything about this engine that its owner decides: flags and <c>daemon.json</c>, checked and with defaults filled in.</summary>
public sealed record EngineSettings
{
    /// <summary>Absolute path of what outlives a reboot.</summary>
    public required string DataRoot { get; init; }

    /// <summary>Absolute path of what doesn't.</summary>
    public required string ExecRoot { get; init; }

    public required IReadOnlyDictionary<string, RuntimeConfig> Runtimes { get; init; }

    public required string DefaultRuntime { get; init; }

    public string LogDriver { get; init; } = "json-file";

    public IReadOnlyDictionary<string, string> LogOptions { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<UlimitSetting> DefaultUlimits { get; init; } = [];

    /// <summary>Bytes of <c>/dev/shm</c>.</summary>
    public long DefaultShmSize { get; init; } = 64 * 1024 * 1024;

    public string DefaultIpcMode { get; init; } = "private";

    /// <summary><c>host</c>, <c>private</c>, or empty: private on cgroup v2.</summary>
    public string DefaultCgroupnsMode { get; init; } = "";

    /// <summary>Parent of containers' cgroups, below each hierarchy's root.</summary>
    public string CgroupParent { get; init; } = "/docker";

    /// <summary>Run an init in every container that doesn't say otherwise.</summary>
    public bool Init { get; init; }

    /// <summary>Program for <c>--init</c>: a path, or empty to look for one.</summary>
    public string InitPath { get; init; } = "";

    /// <summary>Default seccomp profile: null for the built-in one, <c>unconfined</c>, or a profile in JSON.</summary>
    public string? SeccompProfile { get; init; }

    public bool NoNewPrivileges { get; init; }

    /// <summary>Maps of the user namespaces that containers run in (<c>--userns-remap</c>); null: containers' users are the host's.</summary>
    public IdMaps? Ids { get; init; }

    /// <summary>Directories of files that describe devices (<c>--cdi-spec-dir</c>); empty switches them off.</summary>
    public IReadOnlyList<string> CdiDirectories { get; init; } = [];

    public bool SelinuxEnabled { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    public IReadOnlyList<string> RegistryMirrors { get; init; } = [];

    public int MaxConcurrentDownloads { get; init; } = 3;

    public int MaxConcurrentUploads { get; init; } = 5;

    public int MaxDownloadAttempts { get; init; } = 5;

    /// <summary>Seconds between the stop signal and SIGKILL for containers without a timeout of their own.</summary>
    public int DefaultStopTimeout { get; init; } = 10;

    public BuildSettings Builds { get; init; } = new();

    public bool Debug { get; init; }

    /// <summary>Docker's experimental features are available: checkpoints.</summary>
    public bool Experimental { get; init; }

    /// <summary>What an operator should know of how the API is served; shown by <c>docker info</c>.</summary>
    public IReadOnlyList<string> ApiWarnings { get; init; } = [];

    /// <summary>Containers go on when the engine ends; otherwise its orderly end stops them.</summary>
    public bool LiveRestore { get; init; } = true;

    /// <summary>Seconds that containers get to stop in when the engine ends, unless one asks for more; negative: as long as it takes.</summary>
    public int ShutdownTimeout { get; init; } = 15;

    /// <summary>Parts of the engine that were switched on or off by name.</summary>
    public IReadOnlyDictionary<string, bool> Features { get; init; } = new Dictionary<string, bool>();

    /// <summary>Plugins that decide about every request, in this order, each named once.</summary>
    public IReadOnlyList<string> AuthorizationPlugins { get; init; } = [];

    public IReadOnlyList<string> Dns { get; init; } = [];

    /// <summary>There is no network <c>bridge</c> (<c>--bridge=none</c>): containers that want it get loopback only.</summary>
    public bool NoDefaultBridge { get; init; }

    public IReadOnlyList<AddressPool> DefaultAddressPools { get; init; } = [];
}

/// <summary>A default limit of <c>--default-ulimit</c>; -1 is unlimited.</summary>
public sealed record UlimitSetting(string Name, long Soft, long Hard);
