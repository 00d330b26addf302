using Gantry.Client.Transports;
using Gantry.Errors;

namespace Gantry.Client.Http;

/// <summary>One connection: a request, its response, and again while both sides keep it open.</summary>
internal sealed class HttpConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_haste = TimeSpan.FromMilliseconds(2);

    // Requests of this process whose answer has not come: a single one may block its thread, several must not wait for each other.
    private static int s_waiting;

    private readonly DuplexStream _stream;
    private readonly ReceiveBuffer _buffer;
    private readonly string _host;
    private readonly string _userAgent;

    public HttpConnection(DuplexStream stream, string host, string userAgent)
    {
        _stream = stream;
        _buffer = new ReceiveBuffer(stream);
        _host = host;
        _userAgent = userAgent;
    }

    public bool IsStale => _buffer.Available.Length > 0 || _stream.IsStale;

    /// <summary>Sends a request and reads the response's head. Its body tells <paramref name="done"/> whether the connection can be used again.</summary>
    public async Task<HttpResponse> SendAsync(HttpRequest request, Action<HttpConnection, bool> done, CancellationToken cancellationToken)
    {
        var upload = Upload.Start(_stream, request, request.Serialize(_host, _userAgent), cancellationToken);
        HttpHead head;
        try
        {
            head = await ReadHeadAsync(upload, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await upload.StopAsync().ConfigureAwait(false);
            throw;
        }

        if (request.Upgrade && (head.Status == 101 || (head.Status == 200 && IsRawStream(head))))
        {
            await upload.Completion.ConfigureAwait(false);
            return HttpResponse.Hijacked(head, new HijackedStream(_stream, _buffer));
        }

        return new HttpResponse(head, Body(request, head, upload, done));
    }

    public void Dispose() => _stream.Dispose();

    private static bool IsRawStream(HttpHead head) =>
        head["Content-Type"]?.StartsWith("application/vnd.docker.", StringComparison.Ordinal) == true;

    private ResponseBody Body(HttpRequest request, HttpHead head, Upload upload, Action<HttpConnection, bool> done)
    {
        var closes = head.Has("Connection", "close");
        var length = request.Method == "HEAD" || head.Status is 204 or 304 or < 200 ? 0 : head.ContentLength();
        var reusable = !closes && length is not null;
        return new ResponseBody(_buffer, length, complete =>
        {
            var keep = complete && reusable && upload.Completion.IsCompletedSuccessfully;
            upload.Abandon();
            done(this, keep);
        });
    }

    private async Task<HttpHead> ReadHeadAsync(Upload upload, CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = HttpHead.Parse(await ReadHeadBytesAsync(upload, cancellationToken).ConfigureAwait(false));
            if (head.Status >= 200 || head.Status == 101)
            {
                return head;
            }
        }
    }

    private async Task<byte[]> ReadHeadBytesAsync(Upload upload, CancellationToken cancellationToken)
    {
        while (true)
        {
            var bytes = _buffer.Available;
            var end = HeadEnd(bytes.Span, out var separator);
            if (end >= 0)
            {
                var head = bytes[..end].ToArray();
                _buffer.Consume(end + separator);
                return head;
            }

            if (bytes.Length > HttpHead.MaximumSize)
            {
                throw HttpHead.Malformed("server response headers exceeded 65536 bytes");
            }

            if (!await FillAsync(upload, cancellationToken).ConfigureAwait(false))
            {
                throw GantryException.Unavailable(bytes.Length == 0 ? "EOF" : "unexpected EOF");
            }
        }
    }

    /// <summary>A server that answers early may close before our body is through: its answer counts, not our failed write.</summary>
    private async Task<bool> FillAsync(Upload upload, CancellationToken cancellationToken)
    {
        var isAlone = Interlocked.Increment(ref s_waiting) == 1 && upload.Completion.IsCompleted;
        try
        {
            _stream.WaitReadable(isAlone ? s_patience : s_haste);
            return await _buffer.FillAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            upload.ThrowIfSourceFailed();
            throw GantryException.Unavailable($"error during connect: {e.Message}", e);
        }
        finally
        {
            Interlocked.Decrement(ref s_waiting);
        }
    }

    private static int HeadEnd(ReadOnlySpan<byte> bytes, out int separator)
    {
        separator = 4;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end >= 0)
        {
            return end;
        }

        separator = 2;
        return bytes.IndexOf("\n\n"u8);
    }
}
