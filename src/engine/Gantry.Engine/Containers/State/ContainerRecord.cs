using Gantry.Api;

namespace Gantry.Engine.Containers.State;

/// <summary>
/// Everything recorded of a container, immutable: a change makes a new record (docs/design/container-record.md). What can be asked of
/// elsewhere (addresses, published ports, running execs) is not in it.
/// </summary>
public sealed record ContainerRecord
{
    /// <summary>Format of the stored JSON.</summary>
    public int Format { get; init; } = 1;

    /// <summary>64 lower-case hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>Without the leading slash that the API shows.</summary>
    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Digest of the image's configuration, <c>sha256:…</c>; empty for a container from scratch.</summary>
    public required string ImageId { get; init; }

    /// <summary>Chain id of the image's top layer; empty when the image has no layers.</summary>
    public string LayerChain { get; init; } = "";

    /// <summary>First word of what is run.</summary>
    public required string Path { get; init; }

    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>What was asked for, completed from the image. Never changed in place.</summary>
    public required ContainerConfig Config { get; init; }

    /// <summary>Never changed in place.</summary>
    public required HostConfig HostConfig { get; init; }

    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Legacy links on the default bridge; those on other networks are in <see cref="HostConfig"/>.</summary>
    public IReadOnlyList<ContainerLink> Links { get; init; } = [];

    /// <summary>Networks to join at the next start by name, with what was asked for each.</summary>
    public IReadOnlyDictionary<string, EndpointSettings> Networks { get; init; } = new Dictionary<string, EndpointSettings>();

    /// <summary>The engine made this container for a build step; lists leave it out unless all are asked for.</summary>
    public string Platform { get; init; } = "linux";

    public ContainerStateRecord State { get; init; } = new();
}

/// <summary>Docker's container states.</summary>
public enum ContainerPhase
{
    Created = 0,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
}

/// <summary>The part of a container's record that changes as it runs.</summary>
public sealed record ContainerStateRecord
{
    public ContainerPhase Phase { get; init; }

    /// <summary>Of the init process on the host; 0 unless it runs.</summary>
    public int Pid { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Why the last start failed, or empty.</summary>
    public string Error { get; init; } = "";

    public bool OomKilled { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Restarts by the restart policy since a client last started it.</summary>
    public int RestartCount { get; init; }

    /// <summary>A client stopped or killed it: <c>unless-stopped</c> leaves it alone at the engine's next start.</summary>
    public bool StoppedByUser { get; init; }

    /// <summary>Volumes have been filled from the image (first start).</summary>
    public bool StartedBefore { get; init; }

    /// <summary>Null: no health check, or never started. On disk it is as of the last change of state or status.</summary>
    public HealthRecord? Health { get; init; }

    /// <summary>A process exists: running, paused, or between two runs of a restart policy.</summary>
    public bool IsActive => Phase is ContainerPhase.Running or ContainerPhase.Paused or ContainerPhase.Restarting;
}

/// <summary>Names of the states on the wire.</summary>
public static class ContainerPhases
{
    public static string Name(this ContainerPhase phase) => phase switch
    {
        ContainerPhase.Created => "created",
        ContainerPhase.Running => "running",
        ContainerPhase.Paused => "paused",
        ContainerPhase.Restarting => "restarting",
        ContainerPhase.Removing => "removing",
        ContainerPhase.Exited => "exited",
        _ => "dead",
    };
}
