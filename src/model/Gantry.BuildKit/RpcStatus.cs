using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>google.rpc.Status: a failure as it crosses gRPC.</summary>
/// <param name="Code">gRPC's status code.</param>
public sealed record RpcStatus(int Code, string Message, IReadOnlyList<RpcDetail> Details) : IProtoMessage
{
    public static RpcStatus Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var (code, text) = (0, string.Empty);
        var details = new List<RpcDetail>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    code = reader.Int32();
                    break;
                case 2:
                    text = reader.Text();
                    break;
                case 3:
                    details.Add(RpcDetail.Parse(reader.Bytes()));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new RpcStatus(code, text, details);
    }

    public void Write(ProtoWriter writer) => writer.Int64(1, Code).Text(2, Message).Messages(3, Details);
}

/// <summary>google.protobuf.Any. BuildKit puts JSON into it.</summary>
public sealed record RpcDetail(string TypeUrl, ReadOnlyMemory<byte> Value) : IProtoMessage
{
    public static RpcDetail Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var (type, value) = (string.Empty, Array.Empty<byte>());
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    type = reader.Text();
                    break;
                case 2:
                    value = reader.Bytes().ToArray();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new RpcDetail(type, value);
    }

    public void Write(ProtoWriter writer) => writer.Text(1, TypeUrl).Bytes(2, Value.Span);
}
