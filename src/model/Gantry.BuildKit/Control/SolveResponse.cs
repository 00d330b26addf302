using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.SolveResponse: what the exporters say, such as <c>containerimage.digest</c>.</summary>
public sealed record SolveResponse(IReadOnlyDictionary<string, string> ExporterResponse) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.TextMap(1, ExporterResponse);
}
