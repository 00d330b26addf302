using System.IO.Pipelines;
using System.Text;
using Gantry.Engine.Http.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Routing;

/// <summary>
/// A client's connection after its request: raw bytes both ways, each half closed on its own. Answered 101 when the client asked to upgrade,
/// else 200 as Docker does for older clients.
/// </summary>
internal sealed class HijackedStream : IAsyncDisposable
{
    internal const string Raw = "application/vnd.docker.raw-stream";
    internal const string Multiplexed = "application/vnd.docker.multiplexed-stream";
    private readonly IDuplexPipe _transport;
    private readonly HttpContext _context;

    private HijackedStream(HttpContext context)
    {
        _context = context;
        var transport = context.Features.GetRequiredFeature<HijackableConnection>().Hijack();
        _transport = transport;
        Input = transport.Input.AsStream(leaveOpen: true);
        Output = transport.Output.AsStream(leaveOpen: true);
    }

    /// <summary>What the client sends; ends when it closes its sending half.</summary>
    internal Stream Input { get; }

    internal Stream Output { get; }

    /// <summary>Reads what is left of the request, takes the connection over and writes the head of the response.</summary>
    internal static async Task<HijackedStream> BeginAsync(ApiRequest request, string contentType, CancellationToken cancellationToken)
    {
        await DrainAsync(request.Http.Body, cancellationToken).ConfigureAwait(false);
        var stream = new HijackedStream(request.Context);
        var upgrade = request.Http.Headers.Upgrade.Count > 0;
        var head = new StringBuilder(256).Append(upgrade ? "HTTP/1.1 101 UPGRADED\r\n" : "HTTP/1.1 200 OK\r\n");
        head.Append("Content-Type: ").Append(contentType).Append("\r\n");
        head.Append(upgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : "Connection: close\r\n");
        head.Append("Api-Version: ").Append(ApiVersion.Current).Append("\r\nDocker-Experimental: false\r\nOstype: linux\r\n\r\n");
        await stream.Output.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()), cancellationToken).ConfigureAwait(false);
        return stream;
    }

    /// <summary>Like <see cref="BeginAsync"/>, with a head of the caller's making (web sockets).</summary>
    internal static async Task<HijackedStream> BeginWithHeadAsync(ApiRequest request, string head, CancellationToken cancellationToken)
    {
        await DrainAsync(request.Http.Body, cancellationToken).ConfigureAwait(false);
        var stream = new HijackedStream(request.Context);
        await stream.Output.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken).ConfigureAwait(false);
        return stream;
    }

    /// <summary>Content type of a process's stream for a client of this version: told apart since 1.42.</summary>
    internal static string TypeFor(ApiVersion version, bool isRaw) => !isRaw && version >= new ApiVersion(1, 42) ? Multiplexed : Raw;

    /// <summary>
    /// Ends the connection: Kestrel is told that the request is over without a response and writes nothing any more. Completing the output then
    /// makes the transport send what is left and close, also when the client keeps its own half open.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _transport.Output.FlushAsync().ConfigureAwait(false);
        _context.Abort();
        await _transport.Output.CompleteAsync().ConfigureAwait(false);
    }

    private static async Task DrainAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[256];
        while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
