using System.Security.Cryptography;

namespace Gantry.IO.Streams;

/// <summary>Hashes (sha256) and counts what is written and passes it on, if anywhere. Leaves the destination open.</summary>
public sealed class HashingWriteStream(Stream? destination) : WriteOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes written so far.</summary>
    public long Count { get; private set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Add(buffer);
        destination?.Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Add(buffer.Span);
        return destination?.WriteAsync(buffer, cancellationToken) ?? ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => destination?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>The 32 bytes of the hash of everything written so far; starts anew.</summary>
    public byte[] Finish() => _hash.GetHashAndReset();

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
        _hash.AppendData(bytes);
        Count += bytes.Length;
    }
}
