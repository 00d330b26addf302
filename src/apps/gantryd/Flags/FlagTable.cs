namespace Gantry.Apps.Daemon.Flags;

/// <summary>dockerd's flags and keys, one line each.</summary>
internal static class FlagTable
{
    internal const string DefaultDataRoot = "/var/lib/gantry";
    internal const string DefaultExecRoot = "/run/gantry";
    internal const string DefaultConfigFile = "/etc/gantry/daemon.json";

    /// <summary>The file has these in an object of their own.</summary>
    internal const string ProxyKeys = "proxies.";

    private const string NoContainerd = "there is no containerd";

    internal static IReadOnlyList<FlagSpec> All { get; } =
    [
        Map("add-runtime", "Register an additional OCI compatible runtime (name=path)", "runtimes") with { Reloadable = true },
        Bool("allow-direct-routing", "Allow remote access to published ports on container IP addresses"),
        List("authorization-plugin", "Authorization plugins to load", "authorization-plugins") with { Reloadable = true },
        Text("bip", "IPv4 address for the default bridge"),
        Text("bip6", "IPv6 address for the default bridge"),
        Text("bridge", "Attach containers to a network bridge", 'b'),
        List("cdi-spec-dir", "CDI specification directories to use", "cdi-spec-dirs") with { Default = "/etc/cdi, /var/run/cdi" },
        Text("cgroup-parent", "Set parent cgroup for all containers") with { Default = "/docker" },
        Text("config-file", "Daemon configuration file", key: null) with { Default = DefaultConfigFile },
        Text("data-root", "Root directory of persistent state") with { Default = DefaultDataRoot },
        Bool("debug", "Enable debug mode", 'D') with { Reloadable = true },
        List("default-address-pool", "Default address pools for node specific local networks (base=CIDR,size=N)", "default-address-pools"),
        Text("default-cgroupns-mode", "Default mode for containers cgroup namespace (\"host\" | \"private\")"),
        Text("default-gateway", "Default gateway IPv4 address for the default bridge network"),
        Text("default-gateway-v6", "Default gateway IPv6 address for the default bridge network"),
        Text("default-ipc-mode", "Default mode for containers ipc (\"shareable\" | \"private\")") with { Default = "private" },
        List("default-network-opt", "Default network options (driver=option=value)", "default-network-opts"),
        Text("default-runtime", "Default OCI runtime for containers") with { Default = "crun, or runc where there is no crun", Reloadable = true },
        Text("default-shm-size", "Default shm size for containers") with { Default = "64MiB", Reloadable = true },
        List("default-ulimit", "Default ulimits for containers (name=soft:hard)", "default-ulimits"),
        List("dns", "DNS server to use", "dns"),
        List("dns-opt", "DNS options to use", "dns-opts"),
        List("dns-search", "DNS search domains to use", "dns-search"),
        Text("exec-root", "Root directory for execution state files") with { Default = DefaultExecRoot },
        Bool("experimental", "Enable experimental features"),
        Text("fixed-cidr", "IPv4 subnet for the default bridge network"),
        Text("fixed-cidr-v6", "IPv6 subnet for the default bridge network"),
        Text("group", "Group for the unix socket", 'G') with { Default = "docker" },
        new("help", 'h', FlagKind.Bool, "Print usage", null),
        List("host", "Daemon socket(s) to connect to", "hosts", 'H') with { Default = "unix:///run/gantry/gantry.sock" },
        List("host-gateway-ip", "IP addresses that the special 'host-gateway' string in --add-host resolves to", "host-gateway-ips"),
        Bool("icc", "Enable inter-container communication for the default bridge network") with { Default = "true" },
        Bool("init", "Run an init in the container to forward signals and reap processes"),
        Text("init-path", "Path to the init binary"),
        List("insecure-registry", "Enable insecure registry communication", "insecure-registries") with { Reloadable = true },
        Text("ip", "Host IP for port publishing from the default bridge network"),
        Bool("ip-forward", "Enable IP forwarding in system configuration") with { Default = "true" },
        Bool("ip-masq", "Enable IP masquerading for the default bridge network") with { Default = "true" },
        Bool("ip6tables", "Make firewall rules for IPv6") with { Default = "true" },
        Bool("iptables", "Make firewall rules") with { Default = "true" },
        Bool("ipv6", "Enable IPv6 networking for the default bridge network"),
        List("label", "Set key=value labels to the daemon", "labels") with { Reloadable = true },
        Map("feature", "Enable feature in the daemon (name[=true|false])", "features") with { Reloadable = true },
        Text("http-proxy", "HTTP proxy URL to use for outgoing traffic", ProxyKeys + "http-proxy"),
        Text("https-proxy", "HTTPS proxy URL to use for outgoing traffic", ProxyKeys + "https-proxy"),
        Bool("live-restore", "Containers outlive the engine; with \"false\" its end stops them") with { Default = "true", Reloadable = true },
        Text("log-driver", "Default driver for container logs") with { Default = "json-file" },
        Text("log-format", "Set the logging format (\"text\"|\"json\")") with { Default = "text" },
        Text("log-level", "Set the logging level (\"debug\"|\"info\"|\"warn\"|\"error\"|\"fatal\")", 'l') with { Default = "info" },
        Map("log-opt", "Default log driver options for containers", "log-opts"),
        Number("max-concurrent-downloads", "Set the max concurrent downloads") with { Default = "3", Reloadable = true },
        Number("max-concurrent-uploads", "Set the max concurrent uploads") with { Default = "5", Reloadable = true },
        Number("max-download-attempts", "Set the max download attempts for each pull") with { Default = "5", Reloadable = true },
        Text("metrics-addr", "Set default address and port to serve the metrics api on"),
        Text("monitor-path", "Path of the gantry-monitor executable"),
        Number("mtu", "Set the MTU of the default bridge network"),
        Bool("no-new-privileges", "Set no-new-privileges by default for new containers"),
        Text("no-proxy", "Comma-separated list of hosts or IP addresses for which the proxy is skipped", ProxyKeys + "no-proxy"),
        Number("oom-score-adjust", "Set the oom_score_adj for the daemon"),
        Text("pidfile", "Path to use for daemon PID file", 'p') with { Default = DefaultExecRoot + "/gantryd.pid" },
        Bool("raw-logs", "Full timestamps without ANSI coloring"),
        List("registry-mirror", "Preferred registry mirror", "registry-mirrors") with { Reloadable = true },
        Text("seccomp-profile", "Path to seccomp profile. Set to \"unconfined\" to disable the default seccomp profile"),
        Number("shutdown-timeout", "Seconds for containers to stop in when the engine ends, without live-restore") with { Default = "15", Reloadable = true },
        Bool("tls", "Use TLS; implied by --tlsverify"),
        Text("tlscacert", "Trust certs signed only by this CA"),
        Text("tlscert", "Path to TLS certificate file"),
        Text("tlskey", "Path to TLS key file"),
        Bool("tlsverify", "Use TLS and verify the remote"),
        Bool("userland-proxy", "Forward in user mode what the kernel does not translate") with { Default = "true" },
        Text("userns-remap", "User/Group setting for user namespaces (\"default\", USER[:GROUP], UID[:GID])"),
        new("validate", null, FlagKind.Bool, "Validate daemon configuration and exit", null),
        new("version", 'v', FlagKind.Bool, "Print version information and quit", null),
        NoEffect("containerd", FlagKind.Text, NoContainerd),
        NoEffect("containerd-namespace", FlagKind.Text, NoContainerd),
        NoEffect("containerd-plugins-namespace", FlagKind.Text, NoContainerd, "containerd-plugin-namespace"),
        NoEffect("cri-containerd", FlagKind.Bool, NoContainerd, key: null),
        NoEffect("network-control-plane-mtu", FlagKind.Number, "there are no overlay networks"),
        NoEffect("userland-proxy-path", FlagKind.Text, "the engine forwards ports itself"),
        Missing("allow-nondistributable-artifacts", FlagKind.List),
        Missing("api-cors-header", FlagKind.Text),
        Missing("bridge-accept-fwmark", FlagKind.Text),
        Missing("cpu-rt-period", FlagKind.Number),
        Missing("cpu-rt-runtime", FlagKind.Number),
        Fixed("exec-opt", FlagKind.List, "native.cgroupdriver=cgroupfs", "exec-opts"),
        Fixed("firewall-backend", FlagKind.Text, "nftables"),
        Fixed("ip-forward-no-drop", FlagKind.Bool, "true"),
        Missing("node-generic-resource", FlagKind.List, "node-generic-resources"),
        Fixed("rootless", FlagKind.Bool, "false"),
        Fixed("selinux-enabled", FlagKind.Bool, "false"),
        Fixed("storage-driver", FlagKind.Text, "overlay2", shortName: 's'),
        Fixed("storage-opt", FlagKind.List, "overlay2.override_kernel_check=true", "storage-opts"),
        Missing("swarm-default-advertise-addr", FlagKind.Text),
        new("builder", null, FlagKind.Object, "Limits of the build cache and of builds", "builder"),
    ];

    internal static FlagSpec? ByName(string name) => All.FirstOrDefault(f => f.Name == name && f.Kind != FlagKind.Object);

    internal static FlagSpec? ByKey(string key) => All.FirstOrDefault(f => f.Key == key);

    private static FlagSpec Bool(string name, string help, char? shortName = null) => new(name, shortName, FlagKind.Bool, help, name);

    private static FlagSpec Number(string name, string help) => new(name, null, FlagKind.Number, help, name);

    private static FlagSpec Text(string name, string help, char? shortName = null) => new(name, shortName, FlagKind.Text, help, name);

    private static FlagSpec Text(string name, string help, string? key) => new(name, null, FlagKind.Text, help, key);

    private static FlagSpec List(string name, string help, string key, char? shortName = null) => new(name, shortName, FlagKind.List, help, key);

    private static FlagSpec Map(string name, string help, string key) => new(name, null, FlagKind.Map, help, key);

    /// <summary>What other engines let one choose and this one doesn't.</summary>
    private static FlagSpec Fixed(string name, FlagKind kind, string only, string? key = null, char? shortName = null) =>
        new(name, shortName, kind, $"Accepted with \"{only}\" only", key ?? name) { Only = only };

    /// <summary>Names a part of other engines that this one has no counterpart of.</summary>
    private static FlagSpec NoEffect(string name, FlagKind kind, string why) => NoEffect(name, kind, why, name);

    private static FlagSpec NoEffect(string name, FlagKind kind, string why, string? key) =>
        new(name, null, kind, $"No effect: {why}", key) { NoEffect = why };

    private static FlagSpec Missing(string name, FlagKind kind, string? key = null, char? shortName = null) =>
        new(name, shortName, kind, string.Empty, key ?? name) { Available = false };
}
