using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.UsageRecord: a result in the build cache.</summary>
public sealed record UsageRecord : IProtoMessage
{
    public required string Id { get; init; }

    public bool Mutable { get; init; }

    public bool InUse { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    public long UsageCount { get; init; }

    public string Description { get; init; } = string.Empty;

    public string RecordType { get; init; } = string.Empty;

    public bool Shared { get; init; }

    public IReadOnlyList<string> Parents { get; init; } = [];

    public void Write(ProtoWriter writer) => writer
        .Text(1, Id).Bool(2, Mutable).Bool(3, InUse).Int64(4, Size).Time(6, CreatedAt).Time(7, LastUsedAt).Int64(8, UsageCount)
        .Text(9, Description).Text(10, RecordType).Bool(11, Shared).Texts(12, Parents);
}

/// <summary>moby.buildkit.v1.DiskUsageResponse.</summary>
public sealed record DiskUsageResponse(IReadOnlyList<UsageRecord> Records) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Messages(1, Records);
}
