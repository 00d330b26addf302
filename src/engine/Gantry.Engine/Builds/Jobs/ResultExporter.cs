using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Engine.Builds.Sessions;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>Makes of a build's result what its client asked for.</summary>
internal sealed class ResultExporter(BuildJob job, PreparedBuild build)
{
    private const string ToImage = "exporting to image";
    private const string ToFolder = "exporting to client directory";
    private const string ToTar = "exporting to client tarball";
    private readonly Dictionary<string, string> _response = [];

    /// <returns>What the client is told of it: digests and names.</returns>
    /// <exception cref="GantryException">NotImplemented: a kind of result that there isn't.</exception>
    internal async Task<IReadOnlyDictionary<string, string>> ExportAsync(CancellationToken cancellationToken)
    {
        var exporters = job.Request.Exporters;
        for (var i = 0; i < exporters.Count; i++)
        {
            var exporter = exporters[i];
            await (exporter.Type switch
            {
                "moby" or "image" => SaveAsync(exporter, cancellationToken),
                "local" => SendFolderAsync(i, cancellationToken),
                "tar" => SendTarAsync(i, cancellationToken),
                _ => throw GantryException.NotImplemented($"exporter \"{exporter.Type}\" could not be found"),
            }).ConfigureAwait(false);
        }

        return _response;
    }

    private Task SaveAsync(TypedOptions exporter, CancellationToken cancellationToken) => ActAsync(ToImage, async () =>
    {
        var started = DateTimeOffset.UtcNow;
        var names = exporter["name"].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Name).ToList();
        job.Progress.PartDone(ToImage, "exporting layers", started);
        var result = await build.SaveAsync([.. names.Select(n => n.WithDefaultTag())], cancellationToken).ConfigureAwait(false);
        job.Progress.PartDone(ToImage, $"writing image {result.ImageId}", started);
        foreach (var name in names)
        {
            job.Progress.PartDone(ToImage, $"naming to {name}", started);
        }

        _response["containerimage.digest"] = result.ImageId.ToString();
        _response["containerimage.config.digest"] = result.ImageId.ToString();
        if (names.Count > 0)
        {
            _response["image.name"] = string.Join(',', names);
        }
    });

    private Task SendFolderAsync(int number, CancellationToken cancellationToken) => ActAsync(ToFolder, async () =>
    {
        var started = DateTimeOffset.UtcNow;
        var bytes = await build.SendFolderAsync(Client(), number, cancellationToken).ConfigureAwait(false);
        job.Progress.PartDone(ToFolder, "copying files", started, bytes);
    });

    private Task SendTarAsync(int number, CancellationToken cancellationToken) => ActAsync(ToTar, async () =>
    {
        var started = DateTimeOffset.UtcNow;
        await build.SendTarAsync(Client(), number, cancellationToken).ConfigureAwait(false);
        job.Progress.PartDone(ToTar, "sending tarball", started);
    });

    private ClientSession Client() => job.Session ?? throw GantryException.InvalidArgument("the build has no session");

    private async Task ActAsync(string name, Func<Task> work)
    {
        job.Progress.ActivityStarted(name);
        try
        {
            await work().ConfigureAwait(false);
            job.Progress.ActivityFinished(name, null);
        }
        catch (Exception e)
        {
            job.Progress.ActivityFinished(name, e);
            throw;
        }
    }

    private static ImageReference Name(string text) => ImageReference.TryParse(text, out var name) && name.Digest.IsEmpty
        ? name : throw GantryException.InvalidArgument($"failed to parse {text}: invalid reference format");
}
