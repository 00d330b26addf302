namespace Gantry.Runtime;

public enum TaskPhase
{
    Running = 0,
    Exited,
}

/// <summary>A task or exec at one moment.</summary>
public sealed record TaskState
{
    public required string Id { get; init; }

    /// <summary>Null for the container's init process.</summary>
    public string? ExecId { get; init; }

    public required TaskPhase Phase { get; init; }

    /// <summary>Process id on the host.</summary>
    public required int Pid { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Set when <see cref="Phase"/> is <see cref="TaskPhase.Exited"/>.</summary>
    public TaskExit? Exit { get; init; }
}

/// <summary>How a process ended.</summary>
public sealed record TaskExit
{
    public required string Id { get; init; }

    /// <summary>Null for the container's init process.</summary>
    public string? ExecId { get; init; }

    public required int Pid { get; init; }

    /// <summary>0 to 255 as a shell reports it: 128 + n when signal n killed it.</summary>
    public required int ExitCode { get; init; }

    public required DateTimeOffset ExitedAt { get; init; }

    /// <summary>The OOM killer ended a process of the container while it ran.</summary>
    public bool OomKilled { get; init; }

    /// <summary>False when nobody saw the end (monitor and engine both killed, or an old kernel): <see cref="ExitCode"/> is 255 then.</summary>
    public bool ExitCodeKnown { get; init; } = true;
}
