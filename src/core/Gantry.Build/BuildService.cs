using Gantry.Build.Cache;
using Gantry.Build.Context;
using Gantry.Build.Export;
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
public sealed partial class BuildService : IDisposable
{
    private readonly BuildParts _parts;
    private readonly CacheCollector _collector;
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
            images, layers, provider, runner, new BuildCache(database, layers), new CacheMounts(folders.Mounts, database, layers.Ids), new SharedWork<Solved>(), folders, new KnownContents(),
            options.EngineVersion);
        Rules = options.CacheRules(new DriveInfo(folders.Mounts).TotalSize);
        _collector = new CacheCollector(CollectAsync, options.Warn ?? (static _ => { }), TimeProvider.System);
        folders.Empty();
        foreach (var leftover in layers.ContainerLayers().Where(l => l.Id.StartsWith(LayerMaker.Prefix, StringComparison.Ordinal)))
        {
            layers.RemoveContainerLayer(leftover.Id);
        }
    }

    /// <summary>The rules by which the cache is pruned after builds; none when that is switched off.</summary>
    public IReadOnlyList<CacheRule> Rules { get; }

    /// <summary>Ends what the builder does by itself.</summary>
    public void Dispose() => _collector.Dispose();

    /// <summary>
    /// Builds and names an image. Steps that were finished are in the cache even when the build fails later or is cancelled; nothing else of
    /// such a build is left when the method ends.
    /// </summary>
    /// <exception cref="GantryException">In Docker's words. See <see cref="BuildFailure.ExitCodeOf"/>.</exception>
    public async Task<BuildResult> BuildAsync(BuildRequest request, IBuildProgress progress, CancellationToken cancellationToken = default)
    {
        var names = ParseTags(request.Tags);
        using var build = await PrepareAsync(request, progress, cancellationToken).ConfigureAwait(false);
        await build.RunAsync(cancellationToken).ConfigureAwait(false);
        return await build.SaveAsync(names, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a build's Dockerfile and finds the stages it takes; nothing is carried out yet. Dispose the result when its image isn't needed any more.</summary>
    /// <exception cref="GantryException">In Docker's words.</exception>
    public async Task<PreparedBuild> PrepareAsync(BuildRequest request, IBuildProgress progress, CancellationToken cancellationToken)
    {
        if (request.Squash)
        {
            throw GantryException.InvalidArgument("squash is only supported with experimental mode");
        }

        var context = await new ContextLoader(_parts).LoadAsync(request, progress, cancellationToken).ConfigureAwait(false);
        try
        {
            var dockerfile = Parse(context, request.Style);
            var build = new PreparedBuild(request, _parts, _content, dockerfile, context, progress, _collector.Plan);
            if (request.Style == BuildStyle.Classic)
            {
                Warn(dockerfile, progress);
            }

            return build;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Names for an image, checked.</summary>
    /// <exception cref="GantryException">In the words of <c>POST /build</c>.</exception>
    public static IReadOnlyList<ImageReference> Names(IReadOnlyList<string> tags) => ParseTags(tags);

    private static ParsedDockerfile Parse(IBuildContext context, BuildStyle style)
    {
        if (style == BuildStyle.BuildKit && context.Dockerfile.Length == 0)
        {
            throw GantryException.InvalidArgument("the Dockerfile cannot be empty");
        }

        if (context.Dockerfile.Length > ParsedDockerfile.MaxLength)
        {
            return ParsedDockerfile.Parse(context.Dockerfile);
        }

        if (ParsedDockerfile.TryParse(System.Text.Encoding.UTF8.GetString(context.Dockerfile), out var parsed, out var error))
        {
            return parsed;
        }

        if (style == BuildStyle.BuildKit && error.Message.StartsWith(ParsedDockerfile.FailurePrefix, StringComparison.Ordinal))
        {
            error = error with { Message = error.Message[ParsedDockerfile.FailurePrefix.Length..] };
        }

        var failure = error.ToException();
        BuildFailure.SetSource(failure, new FailureSource(context.FileName, context.Dockerfile, error.Range));
        throw failure;
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
