using System.Globalization;
using System.Text.Json;
using Gantry.Api;
using Gantry.Build;
using Gantry.Dockerfile;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Http.Streams;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>POST /build</c> and <c>POST /build/prune</c>.</summary>
internal static class BuildRoutes
{
    /// <summary>From here on limits have names of their own; before there was only one, <c>keep-storage</c>.</summary>
    private static readonly ApiVersion s_namedSpace = new(1, 48);

    internal static void Map(Router router)
    {
        router.Map("POST", "/build", BuildAsync);
        router.Map("POST", "/build/prune", PruneAsync);
        router.Map("POST", "/build/cancel", CancelAsync);
    }

    private static Task BuildAsync(ApiRequest request)
    {
        if (request.Query["version"] is "2")
        {
            return BuildKitBuild.RunAsync(request);
        }

        var build = BuildQuery.Parse(request);
        var quiet = request.Query.Bool("q");
        var credentials = RegistryAuth.Many(request);
        var stream = new MessageStream(request.Context);
        var transcript = new ClassicTranscript(quiet ? new Silence() : new TranscriptMessages(stream));
        return stream.RunAsync(
            async () =>
            {
                var result = await request.Engine.Builds.BuildAsync(build, transcript, credentials, request.Aborted).ConfigureAwait(false);
                transcript.Finished(result);
                if (quiet)
                {
                    stream.Send(new JsonMessage { Stream = result.ImageId + "\n" });
                }
            },
            BuildFailure.ExitCodeOf);
    }

    private static Task CancelAsync(ApiRequest request)
    {
        var id = request.Query["id"];
        if (id.Length == 0)
        {
            throw GantryException.InvalidArgument("build ID not provided");
        }

        request.Engine.Builds.Jobs.Cancel(id);
        return request.StatusAsync(StatusCodes.Status200OK);
    }

    private static async Task PruneAsync(ApiRequest request)
    {
        var named = request.Version >= s_namedSpace;
        var reserved = named ? Bytes(request, "reserved-space") : 0;
        var space = new CacheSpace(
            reserved != 0 ? reserved : Bytes(request, "keep-storage"), named ? Bytes(request, "max-used-space") : 0, named ? Bytes(request, "min-free-space") : 0);
        var answer = await request.Engine.Builds.PruneAsync(
            request.Query.Bool("all"), space, FilterSet.Parse(request.Query["filters"]), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(answer, ApiJson.Default.BuildPruneResponse).ConfigureAwait(false);
    }

    private static long Bytes(ApiRequest request, string name)
    {
        var text = request.Query[name];
        return text.Length == 0 ? 0
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw GantryException.InvalidArgument($"{name} is in bytes and expects an integer, got {text}: strconv.Atoi: parsing {GoText.Quote(text)}: invalid syntax");
    }

    private sealed class TranscriptMessages(MessageStream stream) : ITranscriptOutput
    {
        public void Text(string text) => stream.Send(new JsonMessage { Stream = text });

        public void Image(string imageId) =>
            stream.Send(new JsonMessage { Aux = JsonSerializer.SerializeToElement(new ImageID { ID = imageId }, ApiJson.Default.ImageID) });

        public void Pull(PullStatus status) => stream.Send(TransferMessages.Message(
            status.Status, status.Id.Length == 0 ? null : status.Id, status.Id.Length > 0, status.Current, status.Total));
    }

    /// <summary>A quiet build says only the image's id.</summary>
    private sealed class Silence : ITranscriptOutput
    {
        public void Text(string text)
        {
        }

        public void Image(string imageId)
        {
        }

        public void Pull(PullStatus status)
        {
        }
    }
}
