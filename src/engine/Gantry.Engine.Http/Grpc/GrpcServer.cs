using System.Globalization;
using System.Text;
using Gantry.BuildKit;
using Gantry.Engine.Diagnostics;
using Gantry.IO.Grpc;
using Gantry.IO.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Grpc;

/// <summary>Carries out one method. It may throw; the failure becomes the call's status.</summary>
internal delegate Task GrpcHandler(GrpcCall call);

/// <summary>gRPC over HTTP/2 (grpc, PROTOCOL-HTTP2.md): finds a call's method and says in trailers how it ended.</summary>
internal sealed class GrpcServer(IReadOnlyDictionary<string, GrpcHandler> methods, EngineHost engine, EngineLog log)
{
    internal async Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.ContentType?.StartsWith(GrpcFrames.ContentType, StringComparison.Ordinal) != true)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        context.Response.ContentType = GrpcFrames.ContentType;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        if (Timeout(request.Headers["grpc-timeout"].ToString()) is { } timeout)
        {
            deadline.CancelAfter(timeout);
        }

        var status = await RunAsync(context, deadline.Token).ConfigureAwait(false);
        if (context.RequestAborted.IsCancellationRequested)
        {
            log.Debug("gRPC client went away", ("path", request.Path));
            return;
        }

        await context.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
        WriteStatus(context.Response, status);
    }

    private async Task<RpcStatus> RunAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var path = context.Request.Path.Value ?? string.Empty;
        if (!methods.TryGetValue(path, out var handler))
        {
            return new RpcStatus((int)GrpcStatus.Unimplemented, Unknown(path), []);
        }

        try
        {
            await handler(new GrpcCall(context, engine, cancellationToken)).ConfigureAwait(false);
            return new RpcStatus((int)GrpcStatus.Ok, string.Empty, []);
        }
        catch (Exception e)
        {
            if (RpcFailures.IsOurs(e))
            {
                log.Error("gRPC call failed", ("path", path), ("error", e));
            }

            return RpcFailures.Describe(e);
        }
    }

    private string Unknown(string path) => path.Split('/') is not [_, var service, var method] ? $"malformed method name: \"{path}\""
        : methods.Keys.Any(m => m.StartsWith($"/{service}/", StringComparison.Ordinal)) ? $"unknown method {method} for service {service}"
        : $"unknown service {service}";

    private static void WriteStatus(HttpResponse response, RpcStatus status)
    {
        response.AppendTrailer("grpc-status", status.Code.ToString(CultureInfo.InvariantCulture));
        if (status.Message.Length > 0)
        {
            response.AppendTrailer("grpc-message", Escape(status.Message));
        }

        if (status.Details.Count > 0)
        {
            response.AppendTrailer("grpc-status-details-bin", Convert.ToBase64String(ProtoWriter.Serialize(status)).TrimEnd('='));
        }
    }

    /// <summary>Percent encoding of what is not printable ASCII.</summary>
    private static string Escape(string message)
    {
        var escaped = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                escaped.Append((char)b);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return escaped.ToString();
    }

    /// <summary>A number of at most eight digits and a unit.</summary>
    private static TimeSpan? Timeout(string text) =>
        text.Length is >= 2 and <= 9 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? text[^1] switch
            {
                'H' => Longest(TimeSpan.FromHours(Math.Min(count, 1000))),
                'M' => Longest(TimeSpan.FromMinutes(Math.Min(count, 60_000))),
                'S' => Longest(TimeSpan.FromSeconds(Math.Min(count, 3_600_000))),
                'm' => TimeSpan.FromMilliseconds(count),
                'u' => TimeSpan.FromMicroseconds(count),
                'n' => TimeSpan.FromMicroseconds(count / 1000.0),
                _ => null,
            }
            : null;

    private static TimeSpan? Longest(TimeSpan time) => time > TimeSpan.FromDays(40) ? null : time;
}
