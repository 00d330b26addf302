using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.frontend.ReturnRequest: the client's own work in a build is done, with a result or a failure.</summary>
public sealed record ReturnRequest(GatewayResult? Result, RpcStatus? Error)
{
    public static ReturnRequest Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        GatewayResult? result = null;
        RpcStatus? error = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    result = GatewayResult.Parse(reader.Bytes());
                    break;
                case 2:
                    error = RpcStatus.Parse(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ReturnRequest(result, error);
    }
}
