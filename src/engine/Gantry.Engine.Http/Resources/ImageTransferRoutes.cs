using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Gantry.Images;
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

    /// <summary><c>POST /images/create?fromSrc=-</c>, and a URL for fromSrc.</summary>
    internal static async Task ImportAsync(ApiRequest request)
    {
        var query = request.Query;
        if (query["fromSrc"] != "-")
        {
            throw GantryException.NotImplemented("import from a URL is not available in this version: fetch it and send it as the body");
        }

        var reference = ReferenceOf(query["repo"], query["tag"]);
        var options = new ImportOptions
        {
            Reference = reference,
            Message = query["message"].Length > 0 ? query["message"] : "Imported from -",
            Platform = query["platform"].Length > 0 ? Platform.Parse(query["platform"]) : null,
            Config = request.Engine.Images.ConfigFromChanges(query.All("changes")),
        };
        using var stream = new JsonStream(request.Context);
        var image = await request.Engine.Images.ImportAsync(request.Http.Body, options, request.Aborted).ConfigureAwait(false);
        await stream.WriteAsync(new JsonMessage { Status = image.Id.ToString() }).ConfigureAwait(false);
    }

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
        using var stream = new JsonStream(request.Context);
        var quiet = request.Query.Bool("quiet");
        var progress = quiet ? null : new LoadProgressWriter(stream);
        try
        {
            var loaded = await request.Engine.Images.LoadAsync(request.Http.Body, progress, request.Aborted).ConfigureAwait(false);
            foreach (var image in loaded)
            {
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

        request.Engine.Images.CheckSave(names);
        request.Response.ContentType = "application/x-tar";
        await request.Engine.Images.SaveAsync(names, request.Response.Body, request.Aborted).ConfigureAwait(false);
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
