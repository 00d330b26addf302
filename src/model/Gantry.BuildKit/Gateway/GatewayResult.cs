using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.frontend.Result: a reference to a file system, with what goes with it.</summary>
public sealed record GatewayResult : IProtoMessage
{
    /// <summary>Null when there is none.</summary>
    public GatewayRef? Ref { get; init; }

    /// <summary>References by platform, where there are several.</summary>
    public IReadOnlyDictionary<string, GatewayRef> Refs { get; init; } = new Dictionary<string, GatewayRef>();

    public IReadOnlyDictionary<string, byte[]> Metadata { get; init; } = new Dictionary<string, byte[]>();

    public static GatewayResult Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var result = new GatewayResult();
        var metadata = new Dictionary<string, byte[]>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    result = result with { Ref = new GatewayRef(reader.Text(), default) };
                    break;
                case 3:
                    result = result with { Ref = GatewayRef.Parse(reader.Bytes()) };
                    break;
                case 4:
                    result = result with { Refs = ParseRefs(reader.Bytes()) };
                    break;
                case 10:
                    metadata.Add(reader.BytesEntry());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return result with { Metadata = metadata };
    }

    public void Write(ProtoWriter writer) => writer.Message(3, Ref).BytesMap(10, Metadata);

    private static Dictionary<string, GatewayRef> ParseRefs(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var refs = new Dictionary<string, GatewayRef>();
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                var (key, value) = reader.BytesEntry();
                refs[key] = GatewayRef.Parse(value);
            }
            else
            {
                reader.Skip();
            }
        }

        return refs;
    }
}

/// <summary>moby.buildkit.v1.frontend.Ref.</summary>
/// <param name="Definition">The LLB definition it comes from; empty for none.</param>
public sealed record GatewayRef(string Id, ReadOnlyMemory<byte> Definition) : IProtoMessage
{
    public static GatewayRef Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var (id, definition) = (string.Empty, Array.Empty<byte>());
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    id = reader.Text();
                    break;
                case 2:
                    definition = reader.Bytes().ToArray();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new GatewayRef(id, definition);
    }

    public void Write(ProtoWriter writer) => writer.Text(1, Id).Bytes(2, Definition.Span);
}
