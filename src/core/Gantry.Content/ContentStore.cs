using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// Immutable blobs by digest under <c>ROOT/blobs/sha256/HEX</c> (an OCI layout's blob folder as it stands). A blob is visible only when
/// complete and right. New blobs live as long as a <see cref="ContentLease"/> or a root names them.
/// </summary>
public sealed partial class ContentStore : IDisposable
{
    /// <summary>Opens the store at <paramref name="root"/>, creating it when missing; removes what a crash left half done.</summary>
    public static ContentStore Open(string root) => throw GantryException.NotImplemented(root);

    /// <summary>Where the blob is, or would be.</summary>
    public string PathOf(Digest digest) => throw GantryException.NotImplemented(digest.ToString());

    public bool TryStat(Digest digest, out BlobInfo info) => throw GantryException.NotImplemented(digest.ToString());

    /// <summary>Opens a blob for reading (a seekable FileStream); the caller disposes. Stays readable when the blob is deleted meanwhile.</summary>
    /// <exception cref="GantryException">NotFound.</exception>
    public FileStream OpenRead(Digest digest) => throw GantryException.NotImplemented(digest.ToString());

    /// <summary>Reads a small document (manifest, config) whole.</summary>
    /// <exception cref="GantryException">NotFound; DataCorrupt when larger than <paramref name="maximum"/> bytes.</exception>
    public byte[] ReadAll(Digest digest, int maximum = 16 << 20) => throw GantryException.NotImplemented(digest.ToString());

    /// <summary>Starts protecting content from the garbage collector until the lease is disposed.</summary>
    public ContentLease Lease(string purpose) => throw GantryException.NotImplemented(purpose);

    /// <summary>
    /// Starts or resumes writing the blob <paramref name="expected"/> (default: unknown, told by commit). Returns null when the blob is
    /// already there (and now under the lease). A second writer of the same <paramref name="key"/> waits for the first.
    /// </summary>
    /// <param name="key">Names the partial file across restarts; usually the digest.</param>
    public Task<ContentWriter?> BeginIngestAsync(
        ContentLease lease, string key, Digest expected, long? expectedSize = null, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented(key);

    /// <summary>Stores bytes at hand; a no-op when they are there already.</summary>
    public Task<Digest> WriteAsync(ContentLease lease, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented("write");

    /// <summary>Removes a blob at once, whoever refers to it; false when it isn't there.</summary>
    public bool Delete(Digest digest) => throw GantryException.NotImplemented(digest.ToString());

    /// <summary>All blobs, in no order.</summary>
    public IEnumerable<BlobInfo> Enumerate() => throw GantryException.NotImplemented("enumerate");

    public void Dispose() => GC.SuppressFinalize(this);
}
