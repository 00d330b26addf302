using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>An image in a registry, for one platform: its documents, all verified.</summary>
/// <param name="Root">What the name points to: the index, or the manifest itself.</param>
/// <param name="Documents">Indexes on the way from the root to the manifest.</param>
internal sealed record RemoteImage(ManifestContent Root, IReadOnlyList<ManifestContent> Documents, ManifestContent ManifestDocument, Manifest Manifest);
