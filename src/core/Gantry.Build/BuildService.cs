using Gantry.Errors;

namespace Gantry.Build;

/// <summary>The builder: one for the classic API, the CLI and, later, BuildKit's API.</summary>
public sealed partial class BuildService
{
    /// <summary>
    /// Builds and names an image. What it took is in the cache even when the build fails later; nothing else of a failed or cancelled
    /// build is left.
    /// </summary>
    /// <exception cref="GantryException">In Docker's words. See <see cref="BuildFailure.ExitCodeOf"/>.</exception>
    public Task<BuildResult> BuildAsync(BuildRequest request, IBuildProgress progress, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented($"build {request.Dockerfile} {progress}");
}
