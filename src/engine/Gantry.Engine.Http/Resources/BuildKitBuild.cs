using System.Text.Json;
using Gantry.Api;
using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Engine.Builds.Jobs;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Http.Streams;
using Gantry.Errors;
using Gantry.IO.Protobuf;

namespace Gantry.Engine.Http.Resources;

/// <summary>
/// <c>POST /build?version=2</c>: how docker CLIs with BuildKit built in (up to 22) ask for a build. Their files come over a session, in the body, or in the
/// body of a second request that says <c>upload-request:</c> and the build's id.
/// </summary>
internal static class BuildKitBuild
{
    private const string UploadPrefix = "upload-request:";
    private const string UploadRemote = "upload-request";
    private const string Trace = "moby.buildkit.trace";
    private const string Image = "moby.image.id";

    internal static Task RunAsync(ApiRequest request)
    {
        var jobs = request.Engine.Builds.Jobs;
        var buildId = request.Query["buildid"];
        if (buildId.StartsWith(UploadPrefix, StringComparison.Ordinal))
        {
            return jobs.UploadAsync(buildId[UploadPrefix.Length..], request.Http.Body, request.Aborted);
        }

        var solve = BuildKitQuery.Parse(request);
        var credentials = RegistryAuth.Many(request);
        var stream = new MessageStream(request.Context);
        return stream.RunAsync(async () =>
        {
            var upload = request.Query["remote"] is UploadRemote ? await jobs.TakeUploadAsync(buildId, request.Aborted).ConfigureAwait(false) : Stream.Null;
            await using (upload.ConfigureAwait(false))
            {
                var context = request.Query["remote"] switch { "" => request.Http.Body, UploadRemote => upload, _ => null };
                var extras = new JobExtras { ContextTar = context, BuildId = buildId, Credentials = credentials };
                await SolveAsync(jobs, solve, extras, stream, request.Aborted).ConfigureAwait(false);
            }
        }, BuildFailure.ExitCodeOf);
    }

    private static async Task SolveAsync(JobService jobs, SolveRequest solve, JobExtras extras, MessageStream stream, CancellationToken cancellationToken)
    {
        var running = jobs.SolveAsync(solve, extras, cancellationToken);
        try
        {
            await foreach (var update in (await jobs.FollowAsync(solve.Ref, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false))
            {
                stream.Send(Message(Trace, JsonElement.Parse($"\"{Convert.ToBase64String(ProtoWriter.Serialize(update))}\"")));
            }
        }
        catch (GantryException e) when (e.Kind == ErrorKind.NotFound)
        {
            // The build failed before it had begun; it says why itself.
        }

        var response = await running.ConfigureAwait(false);
        if (response.ExporterResponse.TryGetValue("containerimage.digest", out var id))
        {
            stream.Send(Message(Image, JsonSerializer.SerializeToElement(new ImageID { ID = id }, ApiJson.Default.ImageID)));
        }
    }

    private static JsonMessage Message(string id, JsonElement aux) => new() { Id = id, Aux = aux };
}
