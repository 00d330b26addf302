namespace Gantry.Apps.Cli.Completing;

/// <summary>Words that flags take, as far as they are always the same.</summary>
internal static class FlagWords
{
    private static readonly string[] s_hostOnly = ["host"];
    private static readonly string[] s_commonLogOptions = ["max-buffer-size", "mode"];
    private static readonly string[] s_metadata = ["env", "env-regex", "labels", "labels-regex", "tag"];

    private static readonly string[] s_capabilities =
    [
        "ALL", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE", "CAP_BLOCK_SUSPEND", "CAP_BPF", "CAP_CHECKPOINT_RESTORE", "CAP_CHOWN", "CAP_DAC_OVERRIDE",
        "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_KILL", "CAP_LEASE", "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",
        "CAP_MAC_OVERRIDE", "CAP_MKNOD", "CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW", "CAP_PERFMON", "CAP_SETFCAP", "CAP_SETGID",
        "CAP_SETPCAP", "CAP_SETUID", "CAP_SYSLOG", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_CHROOT", "CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT",
        "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_WAKE_ALARM",
    ];

    private static readonly string[] s_signals =
    [
        "ABRT", "ALRM", "BUS", "CHLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "KILL", "PIPE", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM",
        "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
    ];

    private static readonly string[] s_platforms =
    [
        "linux/386", "linux/amd64", "linux/arm", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64", "linux/arm64/v8", "linux/ppc64le", "linux/riscv64",
        "linux/s390x", "wasip1/wasm", "windows/amd64",
    ];

    public static IReadOnlyList<string> Limits { get; } =
    [
        "as=", "chroot=", "core=", "cpu=", "data=", "fsize=", "locks=", "maxlogins=", "maxsyslogins=", "memlock=", "msgqueue=", "nice=", "nofile=", "nproc=", "priority=",
        "rss=", "rtprio=", "sigpending=", "stack=",
    ];

    public static IReadOnlyList<string> EventFilters { get; } = ["container", "daemon", "event", "image", "label", "network", "node", "scope", "type", "volume"];

    public static IReadOnlyList<string> EventTypes { get; } =
        ["builder", "config", "container", "daemon", "image", "network", "node", "plugin", "secret", "service", "volume"];

    public static IReadOnlyList<string> EventActions { get; } =
    [
        "archive-path", "attach", "checkpoint", "commit", "connect", "copy", "create", "delete", "destroy", "detach", "die", "disable", "disconnect", "enable",
        "exec_create", "exec_detach", "exec_die", "exec_start", "export", "extract-to-dir", "health_status", "import", "kill", "load", "mount", "oom", "pause", "prune",
        "pull", "push", "reload", "remove", "rename", "resize", "restart", "save", "start", "stop", "tag", "top", "unmount", "unpause", "untag", "update",
    ];

    /// <summary>What a flag takes; null where that depends on more than its name.</summary>
    public static IReadOnlyList<string>? Of(string flag) => flag switch
    {
        "attach" => ["stderr", "stdin", "stdout"],
        "cap-add" or "cap-drop" => s_capabilities,
        "cgroupns" => ["host", "private"],
        "platform" => s_platforms,
        "progress" => ["auto", "plain", "quiet", "tty"],
        "pull" => ["always", "missing", "never"],
        "restart" => ["always", "no", "on-failure", "unless-stopped"],
        "signal" or "stop-signal" => s_signals,
        "userns" or "uts" => s_hostOnly,
        "type" => ["config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"],
        "log-level" => ["debug", "error", "fatal", "info", "warn"],
        _ => null,
    };

    /// <summary>"name=" of the options of one log driver, or of all.</summary>
    public static IEnumerable<string> LogOptions(string driver)
    {
        IEnumerable<string> options = driver switch
        {
            "json-file" => [.. s_commonLogOptions, .. s_metadata, "compress", "max-file", "max-size"],
            "local" => [.. s_commonLogOptions, "compress", "max-file", "max-size"],
            "journald" => [.. s_commonLogOptions, .. s_metadata],
            "syslog" =>
            [
                .. s_commonLogOptions, .. s_metadata, "syslog-address", "syslog-facility", "syslog-format", "syslog-tls-ca-cert", "syslog-tls-cert", "syslog-tls-key",
                "syslog-tls-skip-verify",
            ],
            "gelf" => [.. s_commonLogOptions, .. s_metadata, "gelf-address", "gelf-compression-level", "gelf-compression-type", "gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"],
            "fluentd" =>
            [
                .. s_commonLogOptions, .. s_metadata, "fluentd-address", "fluentd-async", "fluentd-buffer-limit", "fluentd-max-retries", "fluentd-request-ack",
                "fluentd-retry-wait", "fluentd-sub-second-precision", "fluentd-write-timeout",
            ],
            "none" => [],
            _ => s_allDrivers.SelectMany(LogOptions).Select(o => o[..^1]).Distinct(),
        };
        return options.Select(o => o + "=");
    }

    private static readonly string[] s_allDrivers = ["json-file", "local", "journald", "syslog", "gelf", "fluentd"];
}
