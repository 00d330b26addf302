using System.Security.Cryptography;

namespace Gantry.IO.Streams;

/// <summary>Passes a stream on and hashes (sha256) and counts what is read. Leaves the source open.</summary>
public sealed class HashingReadStream(Stream source, IProgress<long>? progress = null) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer);
        Add(buffer[..read]);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Add(buffer.Span[..read]);
        return read;
    }

    /// <summary>The 32 bytes of the hash of everything read so far; starts anew.</summary>
    public byte[] Finish() => _hash.GetHashAndReset();

    /// <summary>The 32 bytes of the hash of everything read so far; goes on. Several may ask at once when nothing is read any more.</summary>
    public byte[] Current()
    {
        lock (_hash)
        {
            return _hash.GetCurrentHash();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            _hash.AppendData(bytes);
            Count += bytes.Length;
        }

        progress?.Report(Count);
    }
}
