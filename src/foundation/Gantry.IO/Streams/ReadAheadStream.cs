using System.Buffers;
using System.Threading.Channels;

namespace Gantry.IO.Streams;

/// <summary>
/// Reads a stream in a task of its own, some buffers ahead of the consumer: decompression and hashing on one core while another writes files.
/// Owns the source unless told otherwise. Dispose asynchronously.
/// </summary>
public sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BufferSize = 256 << 10;
    private const int Buffers = 6;

    private readonly Stream _source;
    private readonly bool _leaveOpen;
    private readonly Channel<ArraySegment<byte>> _filled =
        Channel.CreateBounded<ArraySegment<byte>>(new BoundedChannelOptions(Buffers) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pump;
    private ArraySegment<byte> _current = ArraySegment<byte>.Empty;
    private int _taken;

    public ReadAheadStream(Stream source, bool leaveOpen = false)
    {
        _source = source;
        _leaveOpen = leaveOpen;
        _pump = Task.Run(() => PumpAsync(_stop.Token));
    }

    /// <summary>Only the asynchronous form is there: a blocked thread would gain nothing.</summary>
    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_taken == _current.Count && !await NextAsync(cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _current.Count - _taken);
        _current.AsSpan(_taken, count).CopyTo(buffer.Span);
        _taken += count;
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_filled.Reader.TryRead(out var segment))
        {
            Return(segment);
        }

        Return(_current);
        _current = ArraySegment<byte>.Empty;
        _taken = 0;
        _stop.Dispose();
        if (!_leaveOpen)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        byte[]? buffer = null;
        try
        {
            while (true)
            {
                buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                var read = await _source.ReadAtLeastAsync(buffer, BufferSize / 2, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                await _filled.Writer.WriteAsync(new ArraySegment<byte>(buffer, 0, read), cancellationToken).ConfigureAwait(false);
                buffer = null;
            }

            _filled.Writer.Complete();
        }
#pragma warning disable CA1031 // The consumer gets it from its next read.
        catch (Exception e)
        {
            _filled.Writer.Complete(e);
        }
#pragma warning restore CA1031
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        Return(_current);
        _current = ArraySegment<byte>.Empty;
        _taken = 0;
        if (!await _filled.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) || !_filled.Reader.TryRead(out var next))
        {
            return false;
        }

        _current = next;
        return true;
    }

    private static void Return(ArraySegment<byte> segment)
    {
        if (segment.Count > 0)
        {
            ArrayPool<byte>.Shared.Return(segment.Array!);
        }
    }
}
