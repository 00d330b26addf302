using System.Globalization;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Text;
using Gantry.Client.Transports;

namespace Gantry.Client.Http;

/// <summary>Sends a request while its response may already be on the way.</summary>
internal sealed class Upload : IDisposable
{
    private const int ChunkSize = 64 * 1024;
    private static readonly byte[] s_lastChunk = "0\r\n\r\n"u8.ToArray();

    private readonly CancellationTokenSource _stop;
    private Exception? _sourceFailure;

    private Upload(CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Never fails: a connection that breaks shows when reading the response; a source that fails cuts the connection.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public static Upload Start(DuplexStream stream, HttpRequest request, byte[] head, CancellationToken cancellationToken)
    {
        var upload = new Upload(cancellationToken);
        upload.Completion = upload.SendAsync(stream, request, head);
        return upload;
    }

    /// <summary>The reason why our own body could not be read, where there is one.</summary>
    public void ThrowIfSourceFailed()
    {
        if (_sourceFailure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Ends the sending, for the response is complete or failed.</summary>
    public void Abandon() => _stop.Cancel();

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ThrowIfSourceFailed();
    }

    public void Dispose() => _stop.Dispose();

    private async Task SendAsync(DuplexStream stream, HttpRequest request, byte[] head)
    {
        await stream.WriteAsync(head, _stop.Token).ConfigureAwait(false);
        if (request.BodyStream is not { } body)
        {
            return;
        }

        // A chunk is written with one call: room for its size before it and for the line end after it.
        var buffer = new byte[ChunkSize + 16];
        try
        {
            while (true)
            {
                var read = await ReadSourceAsync(stream, body, buffer.AsMemory(8, ChunkSize)).ConfigureAwait(false);
                if (read == 0)
                {
                    await stream.WriteAsync(s_lastChunk, _stop.Token).ConfigureAwait(false);
                    return;
                }

                var start = Frame(buffer, read);
                await stream.WriteAsync(buffer.AsMemory(start, 8 - start + read + 2), _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException && _sourceFailure is null)
        {
            // The other side went away; what it said before is read by ReadHeadAsync.
        }
    }

    private async ValueTask<int> ReadSourceAsync(DuplexStream stream, Stream body, Memory<byte> buffer)
    {
        try
        {
            return await body.ReadAsync(buffer, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A body cut short must not look complete: close instead of sending the last chunk.
            _sourceFailure = e;
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static int Frame(byte[] buffer, int length)
    {
        var size = Encoding.ASCII.GetBytes(length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        var start = 8 - size.Length;
        size.CopyTo(buffer, start);
        buffer[8 + length] = (byte)'\r';
        buffer[8 + length + 1] = (byte)'\n';
        return start;
    }
}
