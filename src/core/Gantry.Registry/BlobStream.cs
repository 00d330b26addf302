using System.Net;
using Gantry.IO.Streams;
using Gantry.Registry.Errors;
using Gantry.Registry.Transport;

namespace Gantry.Registry;

/// <summary>
/// A blob being downloaded. A cut or stalled connection is taken up again where it broke (with a range request), as long as attempts bring
/// progress or are not used up. Exactly the declared size (or the part asked for) is delivered: more or less than that is an error. The digest is
/// the caller's to check.
/// </summary>
public sealed class BlobStream : ReadOnlyStream
{
    /// <summary>Bytes that count as progress, so that attempts start from one again.</summary>
    private const long Progress = 256 * 1024;

    /// <summary>As a size: take the registry's word for it.</summary>
    internal const long UnknownSize = -1;

    private readonly Func<long, CancellationToken, Task<HttpResponseMessage>> _open;
    private readonly RegistryOptions _options;
    private readonly Func<RegistryFailure, Exception> _wrap;
    private readonly RetryNotice? _notice;
    private readonly CancellationToken _cancellation;
    private readonly long? _end;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private StallTimer? _timer;
    private long _attemptsFrom;
    private int _attempts;

    internal BlobStream(
        Func<long, CancellationToken, Task<HttpResponseMessage>> open, long size, long offset, RegistryOptions options,
        Func<RegistryFailure, Exception> wrap, RetryNotice? notice, CancellationToken cancellation, long? end = null)
    {
        _end = end;
        (_open, Size, Offset, _options, _wrap, _notice, _cancellation) = (open, size, offset, options, wrap, notice, cancellation);
        _attemptsFrom = offset;
    }

    /// <summary>The blob's declared size in bytes.</summary>
    public long Size { get; private set; }

    /// <summary>Where in the blob the next read continues.</summary>
    public long Offset { get; private set; }

    /// <summary>A part was asked for and the registry sends everything: it has no ranges.</summary>
    internal bool IgnoresRanges { get; private set; }

    /// <summary>Where reading ends.</summary>
    private long End => _end ?? Size;

    /// <summary>Only the asynchronous form is there.</summary>
    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            try
            {
                return await ReadOnceAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryFailure failure)
            {
                Disconnect();
                await WaitOrGiveUpAsync(failure, cancellationToken).ConfigureAwait(false);
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Disconnect();
        }

        base.Dispose(disposing);
    }

    /// <summary>Opens the connection now, so that a missing blob is known before anything is read.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        while (_body is null && (Offset < End || Size == UnknownSize))
        {
            try
            {
                await OpenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryFailure failure)
            {
                Disconnect();
                await WaitOrGiveUpAsync(failure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<int> ReadOnceAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_body is null)
        {
            if (Offset == End)
            {
                return 0;
            }

            await OpenAsync(cancellationToken).ConfigureAwait(false);
        }

        if (Offset == End && End < Size)
        {
            // Whatever more of the blob is sent is somebody else's part.
            return 0;
        }

        var read = await ReadBodyAsync(Offset < End ? buffer[..(int)Math.Min(buffer.Length, End - Offset)] : new byte[1], cancellationToken).ConfigureAwait(false);
        if (Offset < End)
        {
            Offset += read;
            return read > 0 ? read : throw new RegistryFailure("unexpected EOF") { IsTransient = true };
        }

        // At the end: a registry that goes on sending does not send the blob that was asked for.
        return read == 0 ? 0 : throw new RegistryFailure($"the registry sent more than the {Size} bytes that the manifest declares");
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        _response = await _open(Offset, cancellationToken).ConfigureAwait(false);
        _timer = new StallTimer(_options.StallTimeout, _options.StallBytes, _cancellation);
        var skip = CheckHead(_response);
        _body = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var scratch = skip > 0 ? new byte[64 * 1024] : [];
        while (skip > 0)
        {
            // The server has no ranges: what we have already is read again and dropped.
            var read = await ReadBodyAsync(scratch.AsMemory(0, (int)Math.Min(scratch.Length, skip)), cancellationToken).ConfigureAwait(false);
            skip -= read > 0 ? read : throw new RegistryFailure("unexpected EOF") { IsTransient = true };
        }
    }

    /// <summary>Returns how many bytes come before the wanted ones.</summary>
    private long CheckHead(HttpResponseMessage response)
    {
        var partial = response.StatusCode == HttpStatusCode.PartialContent;
        var range = response.Content.Headers.ContentRange;
        if (partial && range is not { From: not null })
        {
            throw new RegistryFailure("the registry sent a part of a blob without saying which") { IsTransient = true };
        }

        var start = partial ? range!.From!.Value : 0;
        var end = response.Content.Headers.ContentLength + start;
        if (start > Offset)
        {
            throw new RegistryFailure($"the registry sent the blob from byte {start}, not {Offset}");
        }

        if (Size == UnknownSize)
        {
            Size = end ?? throw new RegistryFailure("the registry does not say how large the blob is");
        }

        IgnoresRanges = _end is not null && !partial;
        if (_end is not null && partial && range!.Length is { } whole && whole != Size)
        {
            throw new RegistryFailure($"the registry has {whole} bytes of the blob, the manifest declares {Size}");
        }

        return _end is not null && partial
            ? end is null || end >= _end || end == Size ? Offset - start : throw new RegistryFailure($"the registry sent the blob up to byte {end}, not {_end}") { IsTransient = true }
            : end is not null && end != Size
            ? throw new RegistryFailure($"the registry has {end} bytes of the blob, the manifest declares {Size}")
            : Offset - start;
    }

    private async ValueTask<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var timer = _timer!;
        using var registration = cancellationToken == _cancellation ? default : cancellationToken.UnsafeRegister(state => ((StallTimer)state!).Cancel(), timer);
        try
        {
            var read = await _body!.ReadAsync(buffer, timer.Token).ConfigureAwait(false);
            timer.Moved(read);
            return read;
        }
        catch (Exception exception) when (TransportErrors.IsTransport(exception) && !cancellationToken.IsCancellationRequested && !_cancellation.IsCancellationRequested)
        {
            throw timer.Expired ? TransportErrors.Stalled(string.Empty, exception) : TransportErrors.Describe(string.Empty, exception);
        }
    }

    private async Task WaitOrGiveUpAsync(RegistryFailure failure, CancellationToken cancellationToken)
    {
        if (Offset - _attemptsFrom >= Progress)
        {
            (_attempts, _attemptsFrom) = (0, Offset);
        }

        // What was reached before will be reached again, also when its name can't be looked up just now.
        var passes = failure.IsTransient || (failure.IsDial && Offset > 0);
        if (!passes || Retry.Delay(_options, ++_attempts, failure) is not { } delay)
        {
            throw _wrap(failure);
        }

        _notice?.Invoke(delay);
        await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
    }

    private void Disconnect()
    {
        _body?.Dispose();
        _response?.Dispose();
        _timer?.Dispose();
        (_body, _response, _timer) = (null, null, null);
    }
}
