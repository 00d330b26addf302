using Gantry.Errors;

namespace Gantry.IO.Grpc;

/// <summary>gRPC's status codes.</summary>
public enum GrpcStatus
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>The one table from gRPC's codes to failures.</summary>
public static class GrpcStatusMap
{
    public static ErrorKind Kind(GrpcStatus status) => status switch
    {
        GrpcStatus.InvalidArgument or GrpcStatus.OutOfRange or GrpcStatus.FailedPrecondition => ErrorKind.InvalidArgument,
        GrpcStatus.DeadlineExceeded => ErrorKind.DeadlineExceeded,
        GrpcStatus.NotFound => ErrorKind.NotFound,
        GrpcStatus.AlreadyExists => ErrorKind.Conflict,
        GrpcStatus.PermissionDenied => ErrorKind.Forbidden,
        GrpcStatus.ResourceExhausted => ErrorKind.ResourceExhausted,
        GrpcStatus.Unimplemented => ErrorKind.NotImplemented,
        GrpcStatus.Unavailable or GrpcStatus.Cancelled => ErrorKind.Unavailable,
        GrpcStatus.DataLoss => ErrorKind.DataCorrupt,
        GrpcStatus.Unauthenticated => ErrorKind.Unauthorized,
        _ => ErrorKind.Internal,
    };
}
