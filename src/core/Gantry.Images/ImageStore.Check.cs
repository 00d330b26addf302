using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>What a check of the store asks (<see cref="Check.StoreCheck"/>).</summary>
public sealed partial class ImageStore
{
    internal IReadOnlyList<ImageRecord> AllImages() => Database.Read(_tables.All);

    /// <summary>Config, manifest, indexes, and the layers' blobs as they came.</summary>
    internal IReadOnlyList<Digest> NeededBlobs(Digest id) => [id, .. Database.Read(session => _tables.Blobs(session, id))];

    internal IReadOnlyList<Digest> ImagesWithLayer(Digest chainId) =>
        [.. Database.Read(session => _tables.All(session).Where(image => _tables.Chain(session, image.Id).Contains(chainId)).Select(image => image.Id).ToList())];

    internal bool IsLayerBlob(Digest digest) => Database.Read(session => _tables.IsLayerBlob(session, digest));

    /// <summary>The layer's blob can't be had any more.</summary>
    internal void ForgetBlob(Digest digest) => Database.Write(Durability.Durable, session => _tables.ForgetBlob(session, digest));
}
