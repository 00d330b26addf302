using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.frontend.SolveRequest: a client within a build asks for a frontend's result.</summary>
public sealed record GatewaySolveRequest
{
    public string Frontend { get; init; } = string.Empty;

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>LLB definitions that came along by name.</summary>
    public IReadOnlyDictionary<string, byte[]> Inputs { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>The LLB definition to solve instead of a frontend; empty for none.</summary>
    public ReadOnlyMemory<byte> Definition { get; init; }

    /// <summary>Solve it now instead of when it is needed.</summary>
    public bool Evaluate { get; init; }

    public static GatewaySolveRequest Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var request = new GatewaySolveRequest();
        var options = new Dictionary<string, string>();
        var inputs = new Dictionary<string, byte[]>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    request = request with { Definition = reader.Bytes().ToArray() };
                    break;
                case 2:
                    request = request with { Frontend = reader.Text() };
                    break;
                case 3:
                    options.Add(reader.TextEntry());
                    break;
                case 13:
                    inputs.Add(reader.BytesEntry());
                    break;
                case 14:
                    request = request with { Evaluate = reader.Bool() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return request with { Options = options, Inputs = inputs };
    }
}

/// <summary>moby.buildkit.v1.frontend.SolveResponse.</summary>
public sealed record GatewaySolveResponse(GatewayResult Result) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Message(3, Result);
}
