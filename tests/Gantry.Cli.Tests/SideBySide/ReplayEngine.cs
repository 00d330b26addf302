using System.Net.Sockets;
using System.Text;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>
/// Answers as the engine did when docker asked it. A request that docker did not make is refused and remembered: both CLIs must ask the same.
/// </summary>
internal sealed class ReplayEngine(string path, IReadOnlyList<Exchange> exchanges) : EngineSocket(path)
{
    private readonly List<Exchange> _left = [.. exchanges];
    private readonly List<string> _strange = [];

    /// <summary>Requests that docker did not make.</summary>
    public IReadOnlyList<string> Strange
    {
        get
        {
            lock (_left)
            {
                return [.. _strange];
            }
        }
    }

    protected override async Task ServeAsync(Socket client, Stream stream)
    {
        var wire = new HttpWire(stream);
        while (await wire.ReadHeadAsync() is { } head)
        {
            var body = await wire.ReadBodyAsync(head, untilEnd: false);
            var words = head.StartLine.Split(' ');
            var exchange = Find(words[0], words[1], head["Content-Type"] == "application/json" && body.Length > 0 ? Encoding.UTF8.GetString(body) : null);
            var answer = Convert.FromBase64String(exchange.Body);
            await stream.WriteAsync(Head(exchange, answer.Length, words[0] == "HEAD"));
            await stream.WriteAsync(answer);
            if (exchange.Status == 101)
            {
                client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null);
                return;
            }
        }
    }

    private Exchange Find(string method, string target, string? request)
    {
        lock (_left)
        {
            bool Fits(Exchange e) => e.Method == method && Requests.SameTarget(e.Target, target) && Requests.SameBody(e.Request, request);
            if (_left.FirstOrDefault(Fits) is { } next)
            {
                _left.Remove(next);
                return next;
            }

            // Asked twice: the same answer again.
            if (exchanges.FirstOrDefault(Fits) is { } again)
            {
                return again;
            }

            _strange.Add($"{method} {target} {request}");
            return new Exchange(
                method, target, request, 500, "Internal Server Error", new() { ["Content-Type"] = "application/json" },
                Convert.ToBase64String("{\"message\":\"docker did not ask this\"}"u8));
        }
    }

    private static byte[] Head(Exchange exchange, int length, bool isHead)
    {
        var text = new StringBuilder($"HTTP/1.1 {exchange.Status} {exchange.Reason}\r\n");
        foreach (var (name, value) in exchange.Headers)
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (exchange.Status is not (101 or 204 or 304) && !isHead)
        {
            text.Append("Content-Length: ").Append(length).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
    }
}
