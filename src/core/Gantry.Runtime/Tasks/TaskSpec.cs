namespace Gantry.Runtime;

/// <summary>What <see cref="ITaskService.StartAsync"/> needs to know about a container.</summary>
public sealed record TaskSpec
{
    /// <summary>Container id: 1 to 128 of <c>[A-Za-z0-9_.-]</c>, beginning with a letter or digit.</summary>
    public required string Id { get; init; }

    /// <summary>Absolute path of the OCI bundle: <c>config.json</c> is there, the rootfs is mounted.</summary>
    public required string BundlePath { get; init; }

    /// <summary>
    /// The configuration's <c>linux.cgroupsPath</c>: absolute below each hierarchy's root, such as <c>/docker/ID</c>.
    /// Must be the same as in <c>config.json</c>.
    /// </summary>
    public required string CgroupsPath { get; init; }

    /// <summary>A name from <see cref="TaskServiceOptions.Runtimes"/>; null for the default runtime.</summary>
    public string? RuntimeName { get; init; }

    /// <summary>True when <c>process.terminal</c> is set in the configuration.</summary>
    public bool Tty { get; init; }

    /// <summary>False connects stdin to <c>/dev/null</c> (without a terminal).</summary>
    public bool OpenStdin { get; init; }

    /// <summary>Initial terminal size; 0 leaves it to the kernel's default.</summary>
    public int ConsoleRows { get; init; }

    /// <inheritdoc cref="ConsoleRows"/>
    public int ConsoleColumns { get; init; }

    /// <summary>True when the container has no pid namespace of its own: its other processes are killed when init ends.</summary>
    public bool SharedPidNamespace { get; init; }

    /// <summary>The configuration has <c>poststop</c> hooks, which the runtime carries out when it is asked to delete the container.</summary>
    public bool HasStopHooks { get; init; }

    public LogConfig Log { get; init; } = LogConfig.None;

    /// <summary>Restore the processes of this checkpoint; null runs the configuration's process.</summary>
    public CheckpointPaths? Checkpoint { get; init; }
}

/// <summary>Where a container's output is kept.</summary>
public sealed record LogConfig
{
    public static LogConfig None { get; } = new() { Driver = "none" };

    /// <summary><c>json-file</c> or <c>none</c>.</summary>
    public required string Driver { get; init; }

    /// <summary>Absolute path of the live log file; rotated ones are beside it with <c>.1</c>, <c>.2</c>...; required unless <c>none</c>.</summary>
    public string? Path { get; init; }

    /// <summary>Rotate when the file would grow beyond this many bytes; 0 never.</summary>
    public long MaxSize { get; init; }

    /// <summary>How many files are kept in all, at least 1.</summary>
    public int MaxFiles { get; init; } = 1;

    /// <summary>Compress rotated files with gzip.</summary>
    public bool Compress { get; init; }

    /// <summary>Ready JSON object written as <c>attrs</c> into every entry (Docker's <c>labels</c>, <c>env</c>, <c>tag</c> options), or null.</summary>
    public string? AttributesJson { get; init; }
}

/// <summary>What <see cref="ITaskService.ExecAsync"/> needs to know about a process to add.</summary>
public sealed record ExecSpec
{
    public required string ContainerId { get; init; }

    /// <summary>Id of the exec, with the same alphabet as container ids.</summary>
    public required string ExecId { get; init; }

    /// <summary>An OCI <c>process</c> object in UTF-8 JSON.</summary>
    public required ReadOnlyMemory<byte> ProcessJson { get; init; }

    /// <summary>True when <c>terminal</c> is set in <see cref="ProcessJson"/>.</summary>
    public bool Tty { get; init; }

    /// <summary>False connects stdin to <c>/dev/null</c>.</summary>
    public bool OpenStdin { get; init; }

    /// <summary>False: output goes to <c>/dev/null</c> (<c>docker exec -d</c>).</summary>
    public bool OpenOutput { get; init; } = true;

    public int ConsoleRows { get; init; }

    public int ConsoleColumns { get; init; }
}
