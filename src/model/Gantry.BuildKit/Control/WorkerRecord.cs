using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.types.WorkerRecord: who builds here, and for what.</summary>
public sealed record WorkerRecord : IProtoMessage
{
    public required string Id { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<WirePlatform> Platforms { get; init; } = [];

    public required BuilderVersion Version { get; init; }

    /// <summary>How it prunes its cache, in order.</summary>
    public IReadOnlyList<CollectionRule> CollectionRules { get; init; } = [];

    public void Write(ProtoWriter writer) => writer.Text(1, Id).TextMap(2, Labels).Messages(3, Platforms).Messages(4, CollectionRules).Message(5, Version);
}

/// <summary>moby.buildkit.v1.types.GCPolicy: one rule of a worker's own pruning.</summary>
public sealed record CollectionRule : IProtoMessage
{
    public bool All { get; init; }

    /// <summary>Nanoseconds since the last use before which nothing goes.</summary>
    public long KeepDuration { get; init; }

    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>Bytes.</summary>
    public long ReservedSpace { get; init; }

    /// <summary>Bytes; 0 for no limit.</summary>
    public long MaxUsedSpace { get; init; }

    /// <summary>Bytes; 0 for no limit.</summary>
    public long MinFreeSpace { get; init; }

    public void Write(ProtoWriter writer) => writer.Bool(1, All).Int64(2, KeepDuration).Int64(3, ReservedSpace).Texts(4, Filters)
        .Int64(5, MaxUsedSpace).Int64(6, MinFreeSpace);
}

/// <summary>pb.Platform.</summary>
public sealed record WirePlatform(string Architecture, string Os, string Variant) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Text(1, Architecture).Text(2, Os).Text(3, Variant);
}

/// <summary>moby.buildkit.v1.types.BuildkitVersion.</summary>
public sealed record BuilderVersion(string Package, string Version, string Revision) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Text(1, Package).Text(2, Version).Text(3, Revision);
}

/// <summary>moby.buildkit.v1.ListWorkersResponse.</summary>
public sealed record ListWorkersResponse(IReadOnlyList<WorkerRecord> Records) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Messages(1, Records);
}

/// <summary>moby.buildkit.v1.InfoResponse.</summary>
public sealed record InfoResponse(BuilderVersion Version) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Message(1, Version);
}
