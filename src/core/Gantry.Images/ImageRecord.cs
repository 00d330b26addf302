using Gantry.Oci;

namespace Gantry.Images;

/// <summary>An image as the store knows it.</summary>
/// <param name="Id">sha256 of the config bytes.</param>
/// <param name="Parent">The image it was built on here; empty when pulled, loaded or imported.</param>
/// <param name="Manifest">Digest of the manifest it was pulled or loaded with; empty when made here.</param>
/// <param name="Size">Bytes of all layers unpacked.</param>
/// <param name="Created">From the config; null when the config doesn't say.</param>
/// <param name="Updated">When it was last pulled, loaded, built or tagged here.</param>
/// <param name="Tagged">When somebody here last gave it a name; null when its names came along with it.</param>
public sealed record ImageRecord(Digest Id, Digest Parent, Digest Manifest, long Size, DateTimeOffset? Created, DateTimeOffset Updated, DateTimeOffset? Tagged);

/// <summary>The content an image is made of, all of it in the stores already and under the caller's lease.</summary>
public sealed record NewImage
{
    /// <summary>The config's exact bytes; their sha256 is the image id.</summary>
    public required ReadOnlyMemory<byte> Config { get; init; }

    /// <summary>The manifest as received (its bytes are in the content store).</summary>
    public Descriptor? Manifest { get; init; }

    /// <summary>Compressed (or plain) blobs of its layers that are in the content store, bottom first; empty when there are none.</summary>
    public IReadOnlyList<Descriptor> LayerBlobs { get; init; } = [];

    /// <summary>Further documents in the content store that are kept as long as the image: the index its manifest was chosen from.</summary>
    public IReadOnlyList<Descriptor> Documents { get; init; } = [];

    /// <summary>
    /// The index that the names stand for (its bytes are in the content store): images out of the same one keep the names together, one for each
    /// platform. Null where the names stand for this image alone.
    /// </summary>
    public Descriptor? Index { get; init; }

    /// <summary>The image this one was built on.</summary>
    public Digest Parent { get; init; }

    /// <summary>True when nobody is told that this is kept: a power cut may take it (what a push leaves behind), and nothing waits for the disk.</summary>
    public bool MayBeLost { get; init; }

    /// <summary>True when the names were not given here: pulled, loaded, pushed.</summary>
    public bool NamesCameAlong { get; init; }

    /// <summary>Names (with a tag or a digest) that point to the image from now on.</summary>
    public IReadOnlyList<ImageReference> References { get; init; } = [];

    /// <summary>Made here, by a commit or a build: the events <c>create</c>, if there was no such image yet, and <c>tag</c> tell of it.</summary>
    public bool Made { get; init; }
}

/// <summary>A container that uses an image, told by the caller.</summary>
/// <param name="ImageName">The reference the container was created with.</param>
public sealed record ImageUser(string ContainerId, Digest ImageId, string ImageName, bool Running);

/// <summary>Something that happened to an image, for the event stream.</summary>
/// <param name="Action">create, tag, untag, delete, import, load, save, prune, as Docker names them.</param>
/// <param name="Id">What the event's actor id is: the image id or, for load, the name.</param>
public sealed record ImageEvent(string Action, string Id, string Name, DateTimeOffset Time);

/// <param name="Id">The image.</param>
/// <param name="Reference">The name that was set; null for an image without a name.</param>
public sealed record LoadedImage(Digest Id, ImageReference? Reference)
{
    /// <summary>The other image that had the name until then; null for none.</summary>
    public Digest? Replaced { get; init; }
}

/// <param name="UniqueBytes">Bytes of all layers, each counted once.</param>
public sealed record ImageDiskUsage(long UniqueBytes, IReadOnlyList<Api.ImageSummary> Images);
