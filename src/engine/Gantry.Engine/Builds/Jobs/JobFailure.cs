using Gantry.BuildKit;
using Gantry.Errors;
using Gantry.IO.Grpc;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>A failure that a client gave back as a build's result; it goes to the other callers as it came.</summary>
public static class JobFailure
{
    private const string Key = "Gantry.Engine.Builds.RpcStatus";

    /// <summary>The status a client returned, or null for a failure of the engine's own.</summary>
    public static RpcStatus? StatusOf(Exception exception) => exception.Data[Key] as RpcStatus;

    internal static GantryException Create(RpcStatus status)
    {
        var failure = new GantryException(GrpcStatusMap.Kind((GrpcStatus)status.Code), status.Message);
        failure.Data[Key] = status;
        return failure;
    }
}
