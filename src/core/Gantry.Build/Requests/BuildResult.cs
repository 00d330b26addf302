using Gantry.Oci;

namespace Gantry.Build;

/// <param name="ImageId">The image built.</param>
/// <param name="Names">The tags set, as Docker shows them (<c>app:latest</c>).</param>
public sealed record BuildResult(Digest ImageId, IReadOnlyList<string> Names);
