using Gantry.Oci;

namespace Gantry.Content;

/// <summary>A stored blob.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Written">When it became visible.</param>
public readonly record struct BlobInfo(Digest Digest, long Size, DateTimeOffset Written);
