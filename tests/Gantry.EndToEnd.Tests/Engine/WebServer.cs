using System.Net;
using System.Net.Sockets;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A web server on loopback that answers every GET with what a function makes of its path and query; null is 404.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string, byte[]?> _answer;
    private readonly Task _serving;

    private WebServer(int port, Func<string, byte[]?> answer)
    {
        _answer = answer;
        Address = $"127.0.0.1:{port}";
        _listener.Prefixes.Add($"http://{Address}/");
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    internal string Address { get; }

    internal static WebServer Start(Func<string, byte[]?> answer)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return new WebServer(port, answer);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var context = await _listener.GetContextAsync();
            var body = _answer(context.Request.RawUrl!);
            context.Response.StatusCode = body is null ? 404 : 200;
            context.Response.Close(body ?? "nope\n"u8.ToArray(), willBlock: true);
        }
    }
}
