using Gantry.Content;
using Gantry.Images.Queries;
using Gantry.Oci;

namespace Gantry.Images.Attestations;

/// <summary>
/// What somebody says of an image (provenance, a bill of materials), as BuildKit puts it into the image's index: a manifest for no platform, whose
/// annotations there say which manifest it speaks of, and whose layers are the statements.
/// </summary>
/// <param name="Entry">The index's descriptor of it, annotations included.</param>
/// <param name="Content">The manifest's bytes.</param>
/// <param name="Blobs">Its config and statements.</param>
internal sealed record Attestation(Descriptor Entry, byte[] Content, IReadOnlyList<Descriptor> Blobs)
{
    private const string TypeAnnotation = "vnd.docker.reference.type";
    private const string SubjectAnnotation = "vnd.docker.reference.digest";
    private const string AttestationType = "attestation-manifest";

    /// <summary>All that has to be kept with the image.</summary>
    internal IEnumerable<Descriptor> All => Blobs.Prepend(Entry);

    internal string MediaType => MediaTypes.IsManifest(Entry.MediaType) ? Entry.MediaType : MediaTypes.OciManifest;

    /// <summary>True for an entry of an index that is no image.</summary>
    internal static bool Is(Descriptor entry) => entry.Annotations?.GetValueOrDefault(TypeAnnotation) == AttestationType;

    /// <summary>The digest of the manifest that the entry speaks of, as it is written there; null when it does not say.</summary>
    internal static string? SubjectOf(Descriptor entry) => entry.Annotations?.GetValueOrDefault(SubjectAnnotation);

    /// <summary>True for an entry that speaks of <paramref name="manifest"/>.</summary>
    internal static bool IsOf(Descriptor entry, Digest manifest) => Is(entry) && SubjectOf(entry) == manifest.ToString();

    /// <summary>The attestation with all its parts, or null where not all of it is here (or is none).</summary>
    internal static Attestation? Find(ContentStore content, Descriptor entry) =>
        Is(entry) && IndexEntries.Manifest(content, entry) is { } found && Parts(found.Manifest) is { } parts && parts.All(part => content.TryStat(part.Digest, out _))
            ? new Attestation(entry, found.Content, parts)
            : null;

    /// <summary>Config and statements of a manifest; null for one that lacks some.</summary>
    internal static IReadOnlyList<Descriptor>? Parts(Manifest manifest) =>
        manifest is { Config: { Digest.IsEmpty: false, Size: >= 0 }, Layers: not null } && manifest.Layers.All(layer => layer is { Digest.IsEmpty: false, Size: >= 0 })
            ? [manifest.Config, .. manifest.Layers]
            : null;
}
