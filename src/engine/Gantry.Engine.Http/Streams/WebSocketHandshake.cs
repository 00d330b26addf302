using System.Security.Cryptography;
using System.Text;
using Gantry.Engine.Http.Routing;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Streams;

/// <summary>The opening handshake of a web socket (RFC 6455, section 4.2), with the refusals that Docker's server gives.</summary>
internal static class WebSocketHandshake
{
    private const string Version = "13";
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Why the request can't become a web socket, or null.</summary>
    internal static string? Refusal(HttpRequest request)
    {
        var headers = request.Headers;
        if (!headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase) || !HasToken(headers.Connection.ToString(), "upgrade"))
        {
            return "not websocket protocol";
        }

        if (headers.SecWebSocketKey.ToString().Length == 0)
        {
            return "mismatch challenge/response";
        }

        return headers.SecWebSocketVersion.ToString() == Version ? null : "missing or bad WebSocket Version";
    }

    internal static async Task RefuseAsync(ApiRequest request, string reason)
    {
        request.Response.StatusCode = StatusCodes.Status400BadRequest;
        request.Response.Headers.SecWebSocketVersion = Version;
        request.Response.ContentType = "text/plain; charset=utf-8";
        await request.Response.WriteAsync(reason, request.Aborted).ConfigureAwait(false);
    }

    /// <summary>The head of the response that accepts.</summary>
    internal static string Accept(HttpRequest request) =>
        $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {Answer(request.Headers.SecWebSocketKey.ToString())}\r\n\r\n";

#pragma warning disable CA5350 // RFC 6455 wants SHA-1; nothing is protected by it.
    private static string Answer(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
#pragma warning restore CA5350

    private static bool HasToken(string header, string token) =>
        header.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase);
}
