using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.BuildHistoryEvent.</summary>
public sealed record BuildHistoryEvent(BuildHistoryEventType Type, BuildHistoryRecord Record) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Int64(1, (int)Type).Message(2, Record);
}

public enum BuildHistoryEventType
{
    Started = 0,
    Complete = 1,
    Deleted = 2,
}

/// <summary>moby.buildkit.v1.BuildHistoryRecord, as far as there is something to tell.</summary>
public sealed record BuildHistoryRecord : IProtoMessage
{
    public required string Ref { get; init; }

    public string Frontend { get; init; } = string.Empty;

    public IReadOnlyDictionary<string, string> FrontendAttributes { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<TypedOptions> Exporters { get; init; } = [];

    /// <summary>Null for a build that went well or goes on.</summary>
    public RpcStatus? Error { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public IReadOnlyDictionary<string, string> ExporterResponse { get; init; } = new Dictionary<string, string>();

    /// <summary>Goes up with each change.</summary>
    public int Generation { get; init; }

    public bool Pinned { get; init; }

    public int CachedSteps { get; init; }

    public int TotalSteps { get; init; }

    public int CompletedSteps { get; init; }

    public void Write(ProtoWriter writer) => writer
        .Text(1, Ref).Text(2, Frontend).TextMap(3, FrontendAttributes).Messages(4, Exporters).Message(5, Error).Time(6, CreatedAt).Time(7, CompletedAt)
        .TextMap(9, ExporterResponse).Int64(12, Generation).Bool(14, Pinned).Int64(15, CachedSteps).Int64(16, TotalSteps).Int64(17, CompletedSteps);
}
