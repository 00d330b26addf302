using Gantry.Errors;
using Gantry.IO.Streams;

namespace Gantry.IO.Compression;

/// <summary>Decompressed content, with an eye on how much comes out of how little: fails with DataCorrupt beyond its limit. Owns <c>source</c>.</summary>
internal sealed class ExpandingStream : ReadOnlyStream
{
    private readonly CountedSource _source;
    private readonly Stream _plain;
    private readonly ExpansionLimit _limit;
    private long _count;

    internal ExpandingStream(CompressionKind kind, Stream source, ExpansionLimit limit)
    {
        _source = new CountedSource(source);
        _plain = Decompression.Open(kind, _source);
        _limit = limit;
    }

    public override int Read(Span<byte> buffer) => Count(_plain.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await _plain.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _plain.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        _count += read;
        return _count <= _limit.From || _count / _limit.Ratio <= _source.Count
            ? read
            : throw GantryException.DataCorrupt($"{_source.Count} compressed bytes become more than {_count}: over {_limit.Ratio} times as much is not allowed beyond {_limit.From} bytes");
    }

    private sealed class CountedSource(Stream source) : ReadOnlyStream
    {
        private long _count;

        /// <summary>Bytes read so far; a program that decompresses reads in a thread of its own.</summary>
        internal long Count => Interlocked.Read(ref _count);

        public override int Read(Span<byte> buffer)
        {
            var read = source.Read(buffer);
            Interlocked.Add(ref _count, read);
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            Interlocked.Add(ref _count, read);
            return read;
        }

        public override async ValueTask DisposeAsync()
        {
            await source.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                source.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
