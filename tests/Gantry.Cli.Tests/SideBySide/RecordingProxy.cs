using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>Passes requests to a real engine and keeps what was asked and answered.</summary>
/// <param name="engine">Path of the engine's socket.</param>
internal sealed class RecordingProxy(string path, string engine) : EngineSocket(path)
{
    private static readonly string[] s_kept =
    [
        "Content-Type", "Api-Version", "Ostype", "Builder-Version", "Docker-Experimental", "Swarm", "Server", "Upgrade", "Connection", "X-Docker-Container-Path-Stat",
    ];

    private readonly List<Exchange> _exchanges = [];

    public List<Exchange> Take()
    {
        lock (_exchanges)
        {
            var taken = _exchanges.ToList();
            _exchanges.Clear();
            return taken;
        }
    }

    protected override async Task ServeAsync(Socket client, Stream stream)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(engine));
        await using var upstream = new NetworkStream(socket);
        var (fromClient, fromEngine) = (new HttpWire(stream), new HttpWire(upstream));
        while (await fromClient.ReadHeadAsync() is { } request)
        {
            await upstream.WriteAsync(request.Raw);
            var requestBody = await fromClient.ReadBodyAsync(request, untilEnd: false, async bytes => await upstream.WriteAsync(bytes));
            if (await fromEngine.ReadHeadAsync() is not { } answer)
            {
                return;
            }

            await stream.WriteAsync(answer.Raw);
            var status = int.Parse(answer.StartLine.Split(' ')[1], CultureInfo.InvariantCulture);
            var isRaw = status == 101;
            if (isRaw)
            {
                _ = stream.CopyToAsync(upstream).ContinueWith(_ => Shutdown(socket), TaskScheduler.Default);
            }

            var hasBody = !request.StartLine.StartsWith("HEAD ", StringComparison.Ordinal) && status is not (204 or 304);
            var body = !hasBody ? [] : await fromEngine.ReadBodyAsync(isRaw ? answer with { Headers = [] } : answer, untilEnd: true, async bytes => await stream.WriteAsync(bytes));
            Keep(request, requestBody, answer, status, body);
            if (isRaw)
            {
                return;
            }
        }
    }

    private static void Shutdown(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
    }

    private void Keep(HttpHead request, byte[] requestBody, HttpHead answer, int status, byte[] body)
    {
        var words = request.StartLine.Split(' ');
        var json = request["Content-Type"] == "application/json" && requestBody.Length > 0 ? Encoding.UTF8.GetString(requestBody) : null;
        var headers = s_kept.Where(h => answer[h] is not null).ToDictionary(h => h, h => answer[h]!);
        lock (_exchanges)
        {
            _exchanges.Add(new Exchange(words[0], words[1], json, status, string.Join(' ', answer.StartLine.Split(' ').Skip(2)), headers, Convert.ToBase64String(body)));
        }
    }
}
