using Gantry.Engine.Http.Grpc;
using Gantry.IO.Protobuf;

namespace Gantry.Engine.Http.BuildKit;

/// <summary>The service grpc.health.v1.Health: what answers is well.</summary>
internal static class HealthMethods
{
    internal static void Map(Dictionary<string, GrpcHandler> methods) => methods["/grpc.health.v1.Health/Check"] = CheckAsync;

    private static async Task CheckAsync(GrpcCall call)
    {
        const int Serving = 1;
        await call.ReadSingleAsync().ConfigureAwait(false);
        await call.WriteAsync(new ProtoWriter().Int64(1, Serving).Written.ToArray()).ConfigureAwait(false);
    }
}
