using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Http.Streams;
using Gantry.Errors;
using Gantry.Images;
using Gantry.IO.Web;
using Gantry.Oci;

namespace Gantry.Engine.Http.Resources;

/// <summary>Images in and out as tars: load, save, import.</summary>
internal static class ImageTransferRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/images/load", LoadAsync);
        router.Map("GET", "/images/get", SaveManyAsync);
        router.Map("GET", "/images/{name*}/get", SaveOneAsync);
    }

    /// <summary><c>POST /images/create?fromSrc=</c>: <c>-</c> for the request's body, or a URL (http where it has no scheme).</summary>
    internal static Task ImportAsync(ApiRequest request)
    {
        var query = request.Query;
        var source = query["fromSrc"];
        var options = new ImportOptions
        {
            Reference = ReferenceOf(query["repo"], query["tag"]),
            Platform = query["platform"].Length > 0 ? ImportPlatform(query["platform"]) : null,
        };
        return source == "-" ? ImportBodyAsync(request, options) : ImportUrlAsync(request, options, UrlOf(source));
    }

    /// <exception cref="GantryException">InvalidArgument: malformed, or of a system whose containers this engine can't run.</exception>
    private static Platform ImportPlatform(string text)
    {
        var platform = Platform.Parse(text);
        return platform.Os == Platform.Host.Os ? platform : throw GantryException.InvalidArgument("operating system is not supported");
    }

    private static async Task ImportBodyAsync(ApiRequest request, ImportOptions options)
    {
        using var stream = new JsonStream(request.Context);
        await FinishImportAsync(request, options, request.Http.Body, "-", stream).ConfigureAwait(false);
    }

    /// <summary>What goes wrong before there is anything to read has a status of its own; the rest is told in the stream.</summary>
    private static async Task ImportUrlAsync(ApiRequest request, ImportOptions options, string url)
    {
        using var response = await WebDownload.GetAsync(url, request.Aborted).ConfigureAwait(false);
        using var stream = new JsonStream(request.Context);
        await stream.WriteAsync(new JsonMessage { Status = $"Downloading from {url}" }).ConfigureAwait(false);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(request.Aborted).ConfigureAwait(false);
            await using var reading = new ImportProgressStream(body, response.Content.Headers.ContentLength, stream);
            await FinishImportAsync(request, options, reading, url, stream).ConfigureAwait(false);
        }
        catch (Exception e) when ((e is GantryException || TransportFault.IsTransport(e)) && !request.Aborted.IsCancellationRequested)
        {
            await stream.WriteErrorAsync(e is GantryException ? e.Message : TransportFault.Of(e).Message).ConfigureAwait(false);
        }
    }

    private static async Task FinishImportAsync(ApiRequest request, ImportOptions options, Stream tar, string source, JsonStream stream)
    {
        var message = request.Query["message"];
        options = options with
        {
            Message = message.Length > 0 ? message : $"Imported from {source}",
            Config = request.Engine.Images.ConfigFromChanges(request.Query.All("changes")),
        };
        var image = await request.Engine.Images.ImportAsync(tar, options, request.Aborted).ConfigureAwait(false);
        await stream.WriteAsync(new JsonMessage { Status = image.Id.ToString() }).ConfigureAwait(false);
    }

    private static string UrlOf(string source) =>
        source.Contains("://", StringComparison.Ordinal) ? source : source.Length == 0 ? "http:" : $"http://{source}";

    private static ImageReference? ReferenceOf(string repository, string tag)
    {
        if (repository.Length == 0)
        {
            return null;
        }

        var reference = ImageReference.Parse(repository);
        return !reference.Digest.IsEmpty ? throw GantryException.InvalidArgument("cannot import digest reference")
            : tag.Length > 0 ? reference.WithTag(tag)
            : reference.WithDefaultTag();
    }

    private static async Task LoadAsync(ApiRequest request)
    {
        var platform = PlatformQuery.One(request, new ApiVersion(1, 48));
        using var stream = new JsonStream(request.Context);
        var quiet = request.Query.Bool("quiet", absent: true);
        var progress = quiet ? null : new LoadProgressWriter(stream);
        try
        {
            var loaded = await request.Engine.Images.LoadAsync(request.Http.Body, platform, progress, request.Aborted).ConfigureAwait(false);
            foreach (var image in loaded)
            {
                if (image.Replaced is { } old)
                {
                    var renamed = $"The image {image.Reference?.Familiar} already exists, renaming the old one with ID {old} to empty string\n";
                    await stream.WriteAsync(new JsonMessage { Stream = renamed }).ConfigureAwait(false);
                }

                var text = image.Reference is { } reference ? $"Loaded image: {reference.Familiar}\n" : $"Loaded image ID: {image.Id}\n";
                await stream.WriteAsync(new JsonMessage { Stream = text }).ConfigureAwait(false);
            }
        }
        catch (GantryException e)
        {
            await stream.WriteErrorAsync(e.Message).ConfigureAwait(false);
        }
    }

    private static Task SaveOneAsync(ApiRequest request) => SaveAsync(request, [request.Name]);

    private static Task SaveManyAsync(ApiRequest request) => SaveAsync(request, request.Query.All("names"));

    private static async Task SaveAsync(ApiRequest request, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            throw GantryException.InvalidArgument("no image names given");
        }

        var platform = PlatformQuery.One(request, new ApiVersion(1, 48));
        request.Engine.Images.CheckSave(names, platform);
        request.Response.ContentType = "application/x-tar";
        await request.Engine.Images.SaveAsync(names, platform, request.Response.Body, request.Aborted).ConfigureAwait(false);
    }
}

/// <summary>Progress of a load as Docker's bars.</summary>
internal sealed class LoadProgressWriter(JsonStream stream) : IProgress<LoadProgress>
{
    public void Report(LoadProgress value)
    {
        var message = new JsonMessage
        {
            Status = "Loading layer",
            Id = value.Layer,
            ProgressDetail = new JsonProgress { Current = value.Current, Total = value.Total },
            Progress = ProgressBar.Format(value.Current, value.Total),
        };
        _ = stream.WriteAsync(message);
    }
}
