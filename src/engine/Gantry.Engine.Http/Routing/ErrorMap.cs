using System.Text.Json;
using Gantry.Errors;
using Gantry.Linux;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Routing;

/// <summary>The one table from failures to HTTP status codes and texts.</summary>
internal static class ErrorMap
{
    internal static (int Status, string Message) Describe(Exception exception) => exception switch
    {
        GantryException g => (Status(g.Kind), g.Message),
        LinuxException l => (StatusCodes.Status500InternalServerError, l.Message),
        IOException io when LinuxException.IsNoSpace(io) => (StatusCodes.Status500InternalServerError, LinuxException.Lower(io.Message)),
        BadHttpRequestException b => (b.StatusCode, b.Message),
        JsonException j => (StatusCodes.Status400BadRequest, j.Message),
        OutOfMemoryException => (StatusCodes.Status500InternalServerError, "the engine can get no memory or start no thread: resource temporarily unavailable"),
        OperationCanceledException => (StatusCodes.Status500InternalServerError, "context canceled"),
        _ => (StatusCodes.Status500InternalServerError, exception.Message),
    };

    internal static int Status(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthorized => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.NotModified => StatusCodes.Status304NotModified,
        ErrorKind.NotImplemented => StatusCodes.Status501NotImplemented,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
