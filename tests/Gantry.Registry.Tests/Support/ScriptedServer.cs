using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gantry.Registry.Tests.Support;

/// <summary>A request as a <see cref="ScriptedServer"/> sees it. Header names are lower-case.</summary>
internal sealed record ScriptedRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, int Number)
{
    internal string Header(string name) => Headers.TryGetValue(name, out var value) ? value : string.Empty;
}

/// <summary>A server that says exactly what a test wants, well-formed or not, and remembers what it was asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<ScriptedRequest, ScriptedReply, Task> _handler;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private int _count;

    internal ScriptedServer(Func<ScriptedRequest, ScriptedReply, Task> handler)
    {
        _handler = handler;
        _listener.Start();
        Address = $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    internal string Address { get; }

    internal ConcurrentQueue<ScriptedRequest> Requests { get; } = new();

    /// <summary>Ends when the test ends; for handlers that hang.</summary>
    internal CancellationToken Stopped => _stop.Token;

    internal IEnumerable<ScriptedRequest> To(string part) => Requests.Where(request => request.Path.Contains(part, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _connections.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            try
            {
                while (await ReadAsync(stream) is { } request)
                {
                    Requests.Enqueue(request);
                    var reply = new ScriptedReply(stream, client, request.Method == "HEAD");
                    await _handler(request, reply);
                    if (reply.Ended)
                    {
                        return;
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went away, or the test is over.
                return;
            }
        }
    }

    private async Task<ScriptedRequest?> ReadAsync(Stream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!(head.Count >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n'))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
            if (head.Count == 1 && head[0] == 22)
            {
                // A TLS handshake: what servers without TLS answer.
                await stream.WriteAsync("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.\n"u8.ToArray(), _stop.Token);
                return null;
            }
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var words = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).GroupBy(parts => parts[0].ToLowerInvariant())
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(parts => parts[1].Trim())));
        var body = new byte[headers.TryGetValue("content-length", out var length) ? int.Parse(length) : 0];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return new ScriptedRequest(words[0], words[1], headers, body, Interlocked.Increment(ref _count));
    }
}

/// <summary>What a <see cref="ScriptedServer"/> answers.</summary>
internal sealed class ScriptedReply(Stream stream, TcpClient client, bool isHead)
{
    /// <summary>The connection was ended by the script.</summary>
    internal bool Ended { get; private set; }

    internal Task SendAsync(int status, string body = "", params string[] headers) => SendAsync(status, Encoding.UTF8.GetBytes(body), headers);

    internal async Task SendAsync(int status, byte[] body, params string[] headers)
    {
        await HeadAsync(status, body.Length, headers);
        if (!isHead)
        {
            await stream.WriteAsync(body);
        }
    }

    internal async Task HeadAsync(int status, long length, params string[] headers)
    {
        var text = new StringBuilder($"HTTP/1.1 {status} {(HttpStatusCode)status}\r\nContent-Length: {length}\r\n");
        foreach (var header in headers)
        {
            text.Append(header).Append("\r\n");
        }

        await RawAsync(text.Append("\r\n").ToString());
    }

    internal async Task RawAsync(string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text));

    internal async Task RawAsync(byte[] bytes) => await stream.WriteAsync(bytes);

    /// <summary>Cuts the connection, with a reset.</summary>
    internal void Cut()
    {
        Ended = true;
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }
}
