using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Engine.Builds.Jobs;
using Gantry.Errors;
using Gantry.IO.Grpc;
using Gantry.Linux;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Grpc;

/// <summary>The one table from failures to gRPC's codes and texts.</summary>
internal static class RpcFailures
{
    /// <summary>A failure of a build goes out as it is worded: with any other code than Unknown, clients put the code's name before it.</summary>
    internal static RpcStatus Describe(Exception exception) => exception switch
    {
        OperationCanceledException => new RpcStatus((int)GrpcStatus.Cancelled, "context canceled", []),
        GantryException { Kind: ErrorKind.ResourceExhausted } => new RpcStatus((int)GrpcStatus.ResourceExhausted, exception.Message, []),
        GantryException => JobFailure.StatusOf(exception) ?? new RpcStatus((int)GrpcStatus.Unknown, exception.Message, Details(exception)),
        LinuxException or BadHttpRequestException => new RpcStatus((int)GrpcStatus.Unknown, exception.Message, []),
        _ => new RpcStatus((int)GrpcStatus.Internal, exception.Message, []),
    };

    /// <summary>True for what only a bug explains.</summary>
    internal static bool IsOurs(Exception exception) =>
        exception is not (OperationCanceledException or GantryException or LinuxException or BadHttpRequestException or IOException);

    private static IReadOnlyList<RpcDetail> Details(Exception exception) =>
        BuildFailure.SourceOf(exception) is { } source ? [SourceDetail.Of(source)] : [];
}
