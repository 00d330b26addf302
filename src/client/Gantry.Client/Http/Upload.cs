using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Gantry.Client.Transports;

namespace Gantry.Client.Http;

/// <summary>Sends a request while its response may already be on the way.</summary>
internal sealed class Upload
{
    private readonly CancellationTokenSource _stop;
    private Exception? _sourceFailure;

    private Upload(CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Fails with the reason why the request could not be sent whole; whoever reads the response decides whether that matters.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public static Upload Start(DuplexStream stream, HttpRequest request, byte[] head, CancellationToken cancellationToken)
    {
        var upload = new Upload(cancellationToken);
        upload.Completion = upload.SendAsync(stream, request, head);
        return upload;
    }

    /// <summary>The reason why our own body could not be made, where there is one.</summary>
    public void ThrowIfSourceFailed()
    {
        if (_sourceFailure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Ends the sending, for the response is complete.</summary>
    public void Abandon() => _stop.Cancel();

    /// <summary>Ends the sending because the response failed; a failure of our own body is the better explanation.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ThrowIfSourceFailed();
    }

    private async Task SendAsync(DuplexStream stream, HttpRequest request, byte[] head)
    {
        await stream.WriteAsync(head, _stop.Token).ConfigureAwait(false);
        if (request.BodyWriter is not { } writer)
        {
            return;
        }

        var body = new ChunkedWriteStream(stream);
        try
        {
            await writer(body, _stop.Token).ConfigureAwait(false);
            await body.CompleteAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (body.IsBroken && (e is SocketException or IOException or ObjectDisposedException))
        {
            // The other side went away; what it said before is read by HttpConnection.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A body cut short must not look complete: close instead of sending the last chunk.
            _sourceFailure = e;
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
