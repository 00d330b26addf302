using Gantry.Api;

namespace Gantry.Engine.Exec;

/// <summary>One exec: made by create, run once by start, kept for inspect.</summary>
internal sealed class ExecInstance
{
    internal required string Id { get; init; }

    internal required string ContainerId { get; init; }

    internal required ExecCreateRequest Request { get; init; }

    internal required DateTimeOffset Created { get; init; }

    /// <summary>Tells the run of the container that it was made for.</summary>
    internal required DateTimeOffset? ContainerStarted { get; init; }

    internal bool IsTty => Request.Tty == true;

    /// <summary>Claimed by the first start.</summary>
    internal bool TryClaim() => Interlocked.Exchange(ref _claimed, 1) == 0;

    internal bool Running { get; set; }

    internal int Pid { get; set; }

    /// <summary>Null until it ended or failed to start.</summary>
    internal int? ExitCode { get; set; }

    internal DateTimeOffset? EndedAt { get; set; }

    /// <summary>The process is there, or will never be.</summary>
    internal TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _claimed;
}
