using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Images;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Engine.Containers;

/// <summary>What <c>commit</c> was asked.</summary>
public sealed record CommitRequest
{
    public required string Container { get; init; }

    public string Repository { get; init; } = "";

    public string Tag { get; init; } = "";

    public string Comment { get; init; } = "";

    public string Author { get; init; } = "";

    /// <summary>Freeze the container meanwhile.</summary>
    public bool Pause { get; init; } = true;

    /// <summary>Dockerfile instructions.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Replaces the container's configuration where given.</summary>
    public ContainerConfig? Config { get; init; }
}

/// <summary>Makes an image of a container's changes.</summary>
internal sealed class CommitFlow(EngineCore core)
{
    /// <summary>Returns the image's id.</summary>
    /// <exception cref="GantryException">InvalidArgument, NotFound in Docker's words.</exception>
    internal async Task<string> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        if (request.Container.Length == 0)
        {
            throw GantryException.InvalidArgument("invalid name or ID supplied: \"\"");
        }

        var container = core.Containers.Get(request.Container);
        var reference = Reference(request);
        var run = RunConfig(container.Record.Config, request);
        using var gate = await container.Gate.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var record = container.Record;
        var freeze = request.Pause && record.State.Phase == ContainerPhase.Running;
        if (freeze)
        {
            await core.Parts.Tasks.PauseAsync(record.Id, cancellationToken).ConfigureAwait(false);
        }

        LayerInfo layer;
        using var lease = core.Parts.Content.Lease("commit");
        try
        {
            layer = await core.Parts.Layers.CommitAsync(record.Id, CommitMode.Copy, lease.Protect, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (freeze)
            {
                await core.Parts.Tasks.ResumeAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
            }
        }

        var config = ConfigFor(record, run, request, layer);
        var image = await core.Parts.Images.CreateAsync(lease, new NewImage
        {
            Config = JsonSerializer.SerializeToUtf8Bytes(config, OciJson.Default.ImageConfig),
            Parent = Digest.TryParse(record.ImageId, out var parent) ? parent : default,
            References = reference is null ? [] : [reference],
            Made = true,
        }, cancellationToken).ConfigureAwait(false);
        core.Publish(container, "commit", ("comment", request.Comment), ("imageID", image.Id.ToString()), ("imageRef", reference?.Familiar ?? string.Empty));
        return image.Id.ToString();
    }

    private static ImageReference? Reference(CommitRequest request)
    {
        if (request.Repository.Length == 0)
        {
            return null;
        }

        var parsed = ImageReference.Parse(request.Repository);
        return request.Tag.Length > 0 ? parsed.WithTag(request.Tag) : parsed.WithDefaultTag();
    }

    private ImageConfig ConfigFor(ContainerRecord record, ImageRunConfig run, CommitRequest request, LayerInfo layer)
    {
        var parent = Digest.TryParse(record.ImageId, out var id) && core.Parts.Images.Find(id) is not null ? core.Parts.Images.Config(id) : null;
        var now = GoTime.Format(DateTimeOffset.UtcNow);
        var history = new HistoryEntry
        {
            Created = now,
            Author = request.Author.Length == 0 ? null : request.Author,
            CreatedBy = string.Join(' ', [record.Path, .. record.Args]),
            Comment = request.Comment.Length == 0 ? null : request.Comment,
        };
        return new ImageConfig
        {
            Created = now,
            Author = request.Author.Length == 0 ? null : request.Author,
            Architecture = parent?.Architecture ?? Platform.Host.Architecture,
            Os = parent?.Os ?? "linux",
            Variant = parent?.Variant,
            Container = record.Id,
            DockerVersion = EngineVersion.Text,
            Comment = request.Comment.Length == 0 ? null : request.Comment,
            Config = run,
            RootFs = new RootFs { DiffIds = [.. parent?.RootFs.DiffIds ?? [], layer.DiffId] },
            History = [.. parent?.History ?? [], history],
        };
    }

    /// <summary>
    /// The container's configuration; what belongs to the one container (name of the host, attached streams) is left out. Changes are made to
    /// the given configuration where there is one, and only then does the container's complete it: their variables don't see the container's.
    /// </summary>
    private static ImageRunConfig RunConfig(ContainerConfig own, CommitRequest request)
    {
        var inherited = ImageChanges.FromContainer(own);
        var given = request.Config is null ? inherited : ImageChanges.FromContainer(request.Config);
        return ImageConfigMerge.Complete(ImageChanges.Apply(given, request.Changes), inherited);
    }
}
