using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.frontend.PongResponse: what a client may ask of this gateway and of its solver.</summary>
public sealed record PongResponse(IReadOnlyList<string> FrontendCapabilities, IReadOnlyList<string> SolverCapabilities, IReadOnlyList<WorkerRecord> Workers)
    : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer
        .Messages(1, FrontendCapabilities.Select(c => new Capability(c))).Messages(2, SolverCapabilities.Select(c => new Capability(c))).Messages(3, Workers);

    private sealed record Capability(string Id) : IProtoMessage
    {
        public void Write(ProtoWriter writer) => writer.Text(1, Id).Bool(2, true);
    }
}
