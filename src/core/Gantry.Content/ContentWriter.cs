using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// Writes one blob, hashing on the way. Disposing without commit keeps the partial file for a later resume; <see cref="Abort"/> removes it.
/// One caller at a time.
/// </summary>
public sealed class ContentWriter : Stream
{
    internal ContentWriter()
    {
    }

    /// <summary>Bytes already there from an earlier attempt: continue the download at this offset.</summary>
    public long Offset => throw GantryException.NotImplemented("offset");

    /// <summary>Forgets what is there and starts at 0 (a server without range requests).</summary>
    public void Restart() => throw GantryException.NotImplemented("restart");

    /// <summary>Makes the blob visible when digest and size are right; otherwise removes it.</summary>
    /// <exception cref="GantryException">DataCorrupt.</exception>
    public Task<BlobInfo> CommitAsync(CancellationToken cancellationToken = default) => throw GantryException.NotImplemented("commit");

    /// <summary>Removes the partial file.</summary>
    public void Abort() => throw GantryException.NotImplemented("abort");

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Offset;
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw GantryException.NotImplemented("write");
}
