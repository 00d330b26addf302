namespace Gantry.Runtime;

/// <summary>How to run tasks on this host.</summary>
public sealed record TaskServiceOptions
{
    /// <summary>Absolute path of the run directory; the monitor's socket and all run files are below it. Created with mode 0711 when missing.</summary>
    public required string ExecRoot { get; init; }

    /// <summary>Absolute path of the <c>gantry-monitor</c> executable.</summary>
    public required string MonitorPath { get; init; }

    /// <summary>Runtimes by name.</summary>
    public required IReadOnlyDictionary<string, RuntimeConfig> Runtimes { get; init; }

    public required string DefaultRuntime { get; init; }

    /// <summary>How long a monitor may take to answer before it counts as stuck and is replaced; it answers in microseconds, or after a launch that is under way.</summary>
    internal TimeSpan AnswerLimit { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>An OCI runtime: any program with runc's command line.</summary>
/// <param name="Path">Absolute path, or a name found through PATH.</param>
/// <param name="Arguments">Arguments put before the verb.</param>
public sealed record RuntimeConfig(string Path, IReadOnlyList<string> Arguments);
