using System.IO.Pipelines;
using System.Net.WebSockets;
using Gantry.Engine.Http.Routing;

namespace Gantry.Engine.Http.Streams;

/// <summary>
/// A client's web socket as two byte streams: what it sends in messages of either kind, one after the other, and binary messages to it. Pings are
/// answered while it is open, whether or not anybody wants its input. Nothing is collected: a message of any size passes through a small buffer,
/// and a client that sends faster than its input is read waits.
/// </summary>
internal sealed class WebSocketSession : IAsyncDisposable
{
    private const int BufferSize = 16 * 1024;
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    private readonly HijackedStream _connection;
    private readonly WebSocket _socket;
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 4 * BufferSize, resumeWriterThreshold: 2 * BufferSize, useSynchronizationContext: false));
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _receiving;

    private WebSocketSession(HijackedStream connection, bool wantsInput)
    {
        _connection = connection;
        _socket = WebSocket.CreateFromStream(
            new DuplexStream(connection.Input, connection.Output), new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
        Input = new MessageInput(_input.Reader.AsStream(), _drained);
        Output = new MessageOutput(_socket);
        _receiving = Task.Run(() => ReceiveAsync(wantsInput));
    }

    /// <summary>Ends when the client closes.</summary>
    internal Stream Input { get; }

    /// <summary>Each write is a message.</summary>
    internal Stream Output { get; }

    /// <summary>Fires when the client has closed or gone, and what it sent before has been read (or nobody reads it in time).</summary>
    internal CancellationToken Closed => _closed.Token;

    /// <summary>Accepts the handshake, which the caller has found good.</summary>
    /// <param name="wantsInput">False: what the client sends is dropped.</param>
    internal static async Task<WebSocketSession> AcceptAsync(ApiRequest request, bool wantsInput)
    {
        var connection = await HijackedStream.BeginWithHeadAsync(request, WebSocketHandshake.Accept(request.Http), CancellationToken.None).ConfigureAwait(false);
        return new WebSocketSession(connection, wantsInput);
    }

    /// <summary>Says that it is over (status 1000) if the client still listens, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(s_closeLimit);
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token).ConfigureAwait(false);
            }

            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // It is gone, or doesn't read: the connection is closed either way.
            _socket.Abort();
        }
        finally
        {
            _drained.TrySetResult();
            await _input.Reader.CompleteAsync().ConfigureAwait(false);
            _socket.Dispose();
            await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _closed.Dispose();
        }
    }

    private async Task ReceiveAsync(bool wantsInput)
    {
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(_input.Writer.GetMemory(BufferSize), CancellationToken.None).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                if (wantsInput)
                {
                    _input.Writer.Advance(received.Count);
                    await _input.Writer.FlushAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Gone without a word, or against the protocol: either way there is no more.
        }
        finally
        {
            await _input.Writer.CompleteAsync().ConfigureAwait(false);
            if (wantsInput)
            {
                await _drained.Task.WaitAsync(s_closeLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await _closed.CancelAsync().ConfigureAwait(false);
        }
    }
}
