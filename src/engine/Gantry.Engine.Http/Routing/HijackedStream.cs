using System.IO.Pipelines;
using System.Text;
using Gantry.Engine.Http.Hosting;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

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
        var connection = context.Features.GetRequiredFeature<HijackableConnection>();
        var transport = connection.Hijack();
        Gone = connection.Gone;
        _transport = transport;
        Input = transport.Input.AsStream(leaveOpen: true);
        Output = transport.Output.AsStream(leaveOpen: true);
    }

    /// <summary>What the client sends; ends when it closes its sending half.</summary>
    internal Stream Input { get; }

    internal Stream Output { get; }

    /// <summary>Fires when the client has gone, which the end of what it sends does not mean.</summary>
    internal CancellationToken Gone { get; }

    /// <summary>Reads what is left of the request, takes the connection over and writes the head of the response.</summary>
    /// <param name="isRaw">The stream has no frames; only a client that upgrades is told apart.</param>
    /// <param name="withHeaders">Docker sends the headers of every response along for execs, and leaves them out for attachments.</param>
    internal static Task<HijackedStream> BeginAsync(ApiRequest request, bool isRaw, bool withHeaders, CancellationToken cancellationToken)
    {
        var upgrade = request.Http.Headers.Upgrade.Count > 0;
        var head = new StringBuilder(256).Append(upgrade ? "HTTP/1.1 101 UPGRADED\r\n" : "HTTP/1.1 200 OK\r\n");
        head.Append("Content-Type: ").Append(upgrade ? TypeFor(request.Version, isRaw) : Raw).Append("\r\n");
        head.Append(upgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : string.Empty);
        if (withHeaders)
        {
            foreach (var (name, values) in request.Response.Headers)
            {
                head.Append(name).Append(": ").Append(values.ToString()).Append("\r\n");
            }
        }

        return BeginWithHeadAsync(request, head.Append("\r\n").ToString(), cancellationToken);
    }

    /// <summary>Tells a failure on a connection of its own, as Docker does for attachments: a text, and no headers but its type.</summary>
    internal static async Task FailAsync(ApiRequest request, GantryException failure, CancellationToken cancellationToken)
    {
        var (status, message) = ErrorMap.Describe(failure);
        var head = $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\nContent-Type: {Raw}\r\n\r\n{message}\r\n";
        var stream = await BeginWithHeadAsync(request, head, cancellationToken).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Like <see cref="BeginAsync"/>, with a head of the caller's making.</summary>
    internal static async Task<HijackedStream> BeginWithHeadAsync(ApiRequest request, string head, CancellationToken cancellationToken)
    {
        await DrainAsync(request.Http.Body, cancellationToken).ConfigureAwait(false);
        var stream = new HijackedStream(request.Context);
        await stream.Output.WriteAsync(Encoding.UTF8.GetBytes(head), cancellationToken).ConfigureAwait(false);
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
