using System.Net.Sockets;
using System.Text;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary>Sends bytes as they are over a unix socket; the answer's status line and body, both empty when the connection just ended. Cut off: the client's half ends there.</summary>
internal static class RawHttp
{
    private const string Common = "Host: x\r\nConnection: close\r\n";

    internal static Task<(string Status, string Body)> GetAsync(string socket, string target, string headers = "") =>
        SendAsync(socket, [Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\n{Common}{headers}\r\n")]);

    internal static Task<(string Status, string Body)> PostAsync(string socket, string method, string target, string type, params byte[][] pieces) =>
        SendAsync(socket, [Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\n{Common}Content-Type: {type}\r\nContent-Length: {pieces.Sum(p => (long)p.Length)}\r\n\r\n"), .. pieces]);

    internal static async Task<(string Status, string Body)> SendAsync(string socket, IEnumerable<byte[]> pieces, bool cutOff = false)
    {
        using var connection = await ConnectAsync(socket);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = new MemoryStream();
        try
        {
            foreach (var piece in pieces)
            {
                await connection.SendAsync(piece, limit.Token);
            }

            if (cutOff)
            {
                connection.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // Refused before all was sent: the answer is there all the same.
        }

        try
        {
            var buffer = new byte[8192];
            for (var n = await connection.ReceiveAsync(buffer, limit.Token); n > 0; n = await connection.ReceiveAsync(buffer, limit.Token))
            {
                answer.Write(buffer, 0, n);
            }
        }
        catch (SocketException)
        {
            // Reset behind the answer.
        }

        var text = Encoding.UTF8.GetString(answer.ToArray());
        var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return head < 0 ? (string.Empty, string.Empty) : (text[..text.IndexOf("\r\n", StringComparison.Ordinal)], text[(head + 4)..]);
    }

    /// <summary>Waits while the backlog is full.</summary>
    internal static async Task<Socket> ConnectAsync(string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
                return socket;
            }
            catch (SocketException) when (attempt < 200)
            {
                socket.Dispose();
                await Task.Delay(20);
            }
        }
    }
}
