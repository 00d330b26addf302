namespace Gantry.Engine.Containers.Checkpoints;

/// <summary>What <c>POST /containers/ID/checkpoints</c> takes. The Engine API's specification has no words for it.</summary>
public sealed class CheckpointRequest
{
    public string? CheckpointID { get; set; }

    /// <summary>Where to put it; empty is among the container's files.</summary>
    public string? CheckpointDir { get; set; }

    /// <summary>End the container when all is saved.</summary>
    public bool? Exit { get; set; }
}

/// <summary>An element of <c>GET /containers/ID/checkpoints</c>.</summary>
public sealed record CheckpointSummary(string Name);
