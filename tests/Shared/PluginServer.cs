using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Tests.Shared;

/// <summary>A plugin on a unix socket that notes what it is asked.</summary>
internal abstract class PluginServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    /// <param name="address">Path of a socket, or <c>ADDRESS:PORT</c>.</param>
    protected PluginServer(string address)
    {
        if (IPEndPoint.TryParse(address, out var tcp))
        {
            _listener = new Socket(tcp.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _listener.Bind(tcp);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(address)!);
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(address));
        }

        _listener.Listen();
        _serving = ServeAsync();
    }

    /// <summary>Where it listens.</summary>
    public EndPoint Address => _listener.LocalEndPoint!;

    /// <summary>Method and question, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Method that fails, with these words.</summary>
    public (string Method, string Error)? Failure { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    /// <returns>Null: the plugin doesn't know the question.</returns>
    protected abstract JsonObject? Answer(string method, JsonObject question);

    private async Task ServeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var client = await _listener.AcceptAsync(_end.Token);
            _ = Task.Run(async () =>
            {
                using var stream = new NetworkStream(client, ownsSocket: true);
                while (await AnswerAsync(stream))
                {
                }
            });
        }
    }

    /// <summary>One request; false at the end of the connection.</summary>
    private async Task<bool> AnswerAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
            {
                return false;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.Where(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(l => int.Parse(l.AsSpan(15), CultureInfo.InvariantCulture)).FirstOrDefault();
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _end.Token);
        var method = lines[0].Split(' ')[1].TrimStart('/');
        Asked.Enqueue($"{method} {Encoding.UTF8.GetString(body)}".TrimEnd());
        var question = length == 0 ? [] : JsonNode.Parse(body)!.AsObject();
        var answer = Failure is { } failure && failure.Method == method ? new JsonObject { ["Err"] = failure.Error } : Answer(method, question);
        var bytes = Encoding.UTF8.GetBytes(answer?.ToJsonString() ?? "404 page not found");
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(answer is null ? "404 Not Found" : "200 OK")}\r\nContent-Length: {bytes.Length}\r\n\r\n"), _end.Token);
        await stream.WriteAsync(bytes, _end.Token);
        return true;
    }
}
