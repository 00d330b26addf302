using Gantry.Oci;

namespace Gantry.Images;

public sealed record ImageListOptions
{
    /// <summary>Intermediate images too.</summary>
    public bool All { get; init; }

    /// <summary>Docker's filters: dangling, label, label!, before, since, until, reference.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Filters { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Fill in SharedSize (-1 otherwise).</summary>
    public bool SharedSize { get; init; }

    /// <summary>Fill in Manifests: what the names' indexes list.</summary>
    public bool Manifests { get; init; }

    /// <summary>Null leaves the Containers member at -1.</summary>
    public IReadOnlyList<ImageUser>? Users { get; init; }
}

public sealed record RemoveImageOptions
{
    public bool Force { get; init; }

    /// <summary>Only the name's image for it goes, where there are others; null for all.</summary>
    public Platform? Platform { get; init; }

    /// <summary>False is the API's noprune: untagged parents stay.</summary>
    public bool PruneParents { get; init; } = true;

    /// <summary>All containers; those of other images are ignored.</summary>
    public IReadOnlyList<ImageUser> Users { get; init; } = [];
}

public sealed record ImportOptions
{
    public ImageReference? Reference { get; init; }

    public string? Message { get; init; }

    public Platform? Platform { get; init; }

    /// <summary>Result of the <c>--change</c> instructions.</summary>
    public ImageRunConfig? Config { get; init; }
}

/// <summary>How far a load is; turned into Docker's progress messages by the caller.</summary>
/// <param name="Layer">Twelve digits of the layer's diff id.</param>
public sealed record LoadProgress(string Layer, long Current, long Total);
