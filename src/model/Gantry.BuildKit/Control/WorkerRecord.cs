using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.types.WorkerRecord: who builds here, and for what.</summary>
public sealed record WorkerRecord : IProtoMessage
{
    public required string Id { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<WirePlatform> Platforms { get; init; } = [];

    public required BuilderVersion Version { get; init; }

    public void Write(ProtoWriter writer) => writer.Text(1, Id).TextMap(2, Labels).Messages(3, Platforms).Message(5, Version);
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
