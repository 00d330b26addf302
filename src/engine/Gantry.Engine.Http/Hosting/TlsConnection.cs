using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Hosting;

/// <summary>
/// A connection whose transport is the inside of TLS. Kestrel's own adapter wants services that only its host registers, and the
/// engine has no host (docs/design/http-server.md).
/// </summary>
internal sealed class TlsConnection : ConnectionContext
{
    private static readonly TimeSpan s_handshakePatience = TimeSpan.FromSeconds(10);
    private readonly ConnectionContext _inner;
    private readonly SslStream _stream;

    private TlsConnection(ConnectionContext inner, SslStream stream)
    {
        _inner = inner;
        _stream = stream;
        Transport = new Pair(
            PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)),
            PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
    }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId
    {
        get => _inner.ConnectionId;
        set => _inner.ConnectionId = value;
    }

    public override IFeatureCollection Features => _inner.Features;

    public override IDictionary<object, object?> Items
    {
        get => _inner.Items;
        set => _inner.Items = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _inner.ConnectionClosed;
        set => _inner.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _inner.LocalEndPoint;
        set => _inner.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _inner.RemoteEndPoint;
        set => _inner.RemoteEndPoint = value;
    }

    /// <summary>Shakes hands; null when the client is no TLS client, is not trusted or takes too long. Dispose the result.</summary>
    /// <param name="onFailure">Gets what went wrong.</param>
    internal static async Task<TlsConnection?> AcceptAsync(ConnectionContext inner, SslServerAuthenticationOptions options, Action<string> onFailure)
    {
        var stream = new SslStream(new TransportStream(inner.Transport));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(inner.ConnectionClosed);
        patience.CancelAfter(s_handshakePatience);
        try
        {
            await stream.AuthenticateAsServerAsync(options, patience.Token).ConfigureAwait(false);
            if (stream.RemoteCertificate is X509Certificate2 certificate)
            {
                inner.Features.Set(new PeerCertificate(certificate));
            }

            return new TlsConnection(inner, stream);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            onFailure(e.InnerException?.Message ?? e.Message);
            await stream.DisposeAsync().ConfigureAwait(false);
            return null;
        }
    }

    public override void Abort(ConnectionAbortedException abortReason) => _inner.Abort(abortReason);

    /// <summary>Sends what is buffered and the notice that nothing follows.</summary>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await Transport.Input.CompleteAsync().ConfigureAwait(false);
            await Transport.Output.CompleteAsync().ConfigureAwait(false);
            await _stream.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The client has gone.
        }

        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private sealed record Pair(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
