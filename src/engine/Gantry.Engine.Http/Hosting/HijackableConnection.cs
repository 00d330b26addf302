using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Hosting;

/// <summary>
/// The connection Kestrel sees. A handler that has read its request to the end may take the raw transport over with
/// <see cref="Hijack"/>: from then on Kestrel neither reads, writes nor aborts, and a client that closes its sending half (stdin at
/// end of file) no longer ends the request, as it would in HTTP.
/// </summary>
/// <remarks>docs/design/hijack.md says why neither Kestrel's upgrade feature nor a parser of our own does this.</remarks>
internal sealed class HijackableConnection : ConnectionContext
{
    private readonly ConnectionContext _inner;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationTokenSource _gone = new();
    private readonly HangUpWatch _watch;
    private IDisposable? _watched;
    private volatile bool _hijacked;

    internal HijackableConnection(ConnectionContext inner, HangUpWatch watch)
    {
        _inner = inner;
        _watch = watch;
        Transport = inner.Transport;
        _registration = inner.ConnectionClosed.UnsafeRegister(static self => ((HijackableConnection)self!).OnClosed(), this);
        inner.Features.Set(this);
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
        get => _closed.Token;
        set => throw new NotSupportedException();
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

    /// <summary>True once a handler owns the transport.</summary>
    internal bool IsHijacked => _hijacked;

    /// <summary>Fires when the client of a connection that was taken over has closed it, not just its sending half.</summary>
    internal CancellationToken Gone => _gone.Token;

    /// <summary>Takes the transport over. Call it after the request's body has been read to its end and before anything of a response was written.</summary>
    internal IDuplexPipe Hijack()
    {
        _hijacked = true;
        if (_inner.Features.Get<IConnectionSocketFeature>() is { } feature)
        {
            _watched = _watch.Add(feature.Socket, _gone);
        }

        return _inner.Transport;
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (!_hijacked)
        {
            _inner.Abort(abortReason);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _registration.DisposeAsync().ConfigureAwait(false);
        _watched?.Dispose();
        _closed.Dispose();
    }

    private void OnClosed()
    {
        if (!_hijacked)
        {
            _closed.Cancel();
        }
    }
}
