using Gantry.Content;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>Content that is kept as it is (no layer to unpack).</summary>
internal static class BlobPull
{
    /// <summary>Keeps bytes at hand that were verified, under the digest that names them (whatever its algorithm).</summary>
    internal static async Task KeepAsync(ContentStore content, ContentLease lease, Descriptor descriptor, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var writer = await content.BeginIngestAsync(lease, descriptor.Digest.ToString(), descriptor.Digest, bytes.Length, cancellationToken).ConfigureAwait(false);
        if (writer is not null)
        {
            await using var writing = writer.ConfigureAwait(false);
            writer.Restart();
            await writer.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Fetches a blob, after what an earlier attempt left here.</summary>
    /// <exception cref="Errors.GantryException">DataCorrupt: not what its digest and size say; or as the registry fails.</exception>
    internal static async Task RunAsync(ContentStore content, ContentLease lease, RegistryRepository repository, Descriptor blob, CancellationToken cancellationToken)
    {
        var writer = await content.BeginIngestAsync(lease, blob.Digest.ToString(), blob.Digest, blob.Size, cancellationToken).ConfigureAwait(false);
        if (writer is null)
        {
            return;
        }

        await using var writing = writer.ConfigureAwait(false);
        var source = await repository.OpenBlobAsync(blob, writer.Offset, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using var reading = source.ConfigureAwait(false);
        await source.CopyToAsync(writer, cancellationToken).ConfigureAwait(false);
        await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
    }
}
