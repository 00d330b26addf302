using Gantry.Build.Cache;
using Gantry.Build.Context;
using Gantry.Build.Export;
using Gantry.Build.Frontend;
using Gantry.Build.Graph;
using Gantry.Build.Steps;
using Gantry.Content;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Build;

/// <summary>
/// The builder: one for the classic API, the CLI and, later, BuildKit's API. A Dockerfile (frontend) becomes vertices (graph), which are
/// found in the cache or executed (solver), and the last stage an image (exporter).
/// </summary>
public sealed partial class BuildService
{
    private readonly BuildParts _parts;
    private readonly ContentStore _content;

    /// <summary>Opens the builder, makes the image store keep the cache's layers, and removes what builds of a killed engine left: their
    /// containers must be gone and their layers unmounted.</summary>
    public BuildService(BuildServiceOptions options, Database database, ImageStore images, IStepRunner runner, IImageProvider provider)
        : this(options, database, images.Content, images.Layers, new ImageCatalog(images), runner, provider) =>
        images.ExtraRoots = CacheRoots;

    internal BuildService(
        BuildServiceOptions options, Database database, ContentStore content, LayerStore layers, IImageCatalog images, IStepRunner runner, IImageProvider provider)
    {
        _content = content;
        var folders = BuildFolders.Create(options);
        _parts = new BuildParts(
            images, layers, provider, runner, new BuildCache(database, layers), new CacheMounts(folders.Mounts, database), new SharedWork<Solved>(), folders,
            options.EngineVersion);
        folders.Empty();
        foreach (var leftover in layers.ContainerLayers().Where(l => l.Id.StartsWith(LayerMaker.Prefix, StringComparison.Ordinal)))
        {
            layers.RemoveContainerLayer(leftover.Id);
        }
    }

    /// <summary>
    /// Builds and names an image. Steps that were finished are in the cache even when the build fails later or is cancelled; nothing else of
    /// such a build is left when the method ends.
    /// </summary>
    /// <exception cref="GantryException">In Docker's words. See <see cref="BuildFailure.ExitCodeOf"/>.</exception>
    public async Task<BuildResult> BuildAsync(BuildRequest request, IBuildProgress progress, CancellationToken cancellationToken = default)
    {
        if (request.Squash)
        {
            throw GantryException.InvalidArgument("squash is only supported with experimental mode");
        }

        var names = ParseTags(request.Tags);
        using var context = await new ContextLoader(_parts.Folders).LoadAsync(request, cancellationToken).ConfigureAwait(false);
        var dockerfile = ParsedDockerfile.Parse(context.Dockerfile);
        using var lease = _content.Lease("build");
        using var cache = new CacheSession(_parts.Cache, lease);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var session = new BuildSession(request, _parts, dockerfile, context.Tree, progress, lease, cache, cancellation);
        Warn(dockerfile, progress);
        var image = await session.RunAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (session.Arguments.Unused() is { Count: > 0 } unused)
        {
            progress.Warning($"[Warning] One or more build-args {GoText.Plain(unused)} were not consumed", isError: false);
        }

        return await ExportAsync(image, names, lease, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The exporter: what the last stage came to becomes an image with its names.</summary>
    private async Task<BuildResult> ExportAsync(ImageDraft image, IReadOnlyList<ImageReference> names, ContentLease lease, CancellationToken cancellationToken)
    {
        if (image.IsBase)
        {
            foreach (var name in names)
            {
                _parts.Images.Tag(image.Id, name);
            }
        }
        else
        {
            await _parts.Images.CreateAsync(lease, new NewImage { Config = image.Bytes, Parent = image.BaseId, References = names, Made = true }, cancellationToken)
                .ConfigureAwait(false);
        }

        return new BuildResult(image.Id, names.Select(n => n.Familiar).ToList());
    }

    private static void Warn(ParsedDockerfile dockerfile, IBuildProgress progress)
    {
        foreach (var warning in dockerfile.Warnings)
        {
            progress.Warning($"[WARNING]: {warning.Message}", isError: true);
        }

        if (dockerfile.Warnings.Count > 0)
        {
            progress.Warning("[WARNING]: Empty continuation lines will become errors in a future release.", isError: true);
        }
    }

    private static List<ImageReference> ParseTags(IReadOnlyList<string> tags)
    {
        var names = new List<ImageReference>();
        foreach (var tag in tags.Where(t => t.Length > 0))
        {
            // The engine answers 500 to a bad name here.
            var name = ImageReference.TryParse(tag, out var parsed) ? parsed.WithDefaultTag() : throw BadName(tag);
            if (!name.Digest.IsEmpty)
            {
                throw GantryException.Internal("build tag cannot contain a digest");
            }

            if (!names.Contains(name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    private static GantryException BadName(string tag)
    {
        try
        {
            ImageReference.Parse(tag);
            return GantryException.Internal("invalid reference format");
        }
        catch (GantryException e)
        {
            return GantryException.Internal(e.Message, e);
        }
    }
}
