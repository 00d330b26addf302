using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Http.Streams;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Engine.Http.Resources;

/// <summary>What needs a registry: pull, push, <c>/auth</c>, <c>/distribution</c>.</summary>
internal static class TransferRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/images/{name*}/push", PushAsync);
        router.Map("POST", "/auth", LoginAsync);
        router.Map("GET", "/distribution/{name*}/json", DistributionAsync);
    }

    /// <summary><c>POST /images/create</c>: a pull or an import.</summary>
    internal static Task CreateAsync(ApiRequest request) =>
        request.Query["fromImage"].Length > 0 ? PullAsync(request) : ImageTransferRoutes.ImportAsync(request);

    private static Task PullAsync(ApiRequest request)
    {
        var (image, tag) = (request.Query["fromImage"], request.Query["tag"]);
        var reference = ImageReference.Parse(image);
        var platform = request.Query["platform"] is { Length: > 0 } text ? Platform.Parse(text) : null;
        var credentials = RegistryAuth.One(request);
        var stream = new MessageStream(request.Context);
        var progress = new TransferMessages(stream);
        var transfers = request.Engine.Transfers;
        if (tag.Length > 0)
        {
            reference = Digest.TryParse(tag, out var digest) ? reference.WithDigest(digest) : reference.WithTag(tag);
        }

        // Without a tag the API means all of them; the docker CLI says latest itself.
        return stream.RunAsync(() => reference.IsNameOnly
            ? transfers.PullAllAsync(reference, platform, credentials, progress, request.Aborted)
            : transfers.PullAsync(reference, platform, credentials, progress, request.Aborted));
    }

    private static async Task PushAsync(ApiRequest request)
    {
        var credentials = RegistryAuth.One(request);
        var reference = ImageReference.Parse(request.Name);
        if (request.Query["tag"] is { Length: > 0 } tag)
        {
            reference = reference.WithTag(tag);
        }

        var platform = PlatformQuery.One(request, new ApiVersion(1, 46));
        if (platform is not null)
        {
            // Before the stream begins, so that the answer has a status of its own.
            request.Engine.Images.Require(reference.WithDefaultTag().Familiar, platform);
        }

        // Not in Docker's API.
        var compression = LayerCompression.Parse(request.Query["compression"], request.Query["compressionLevel"]);
        var stream = new MessageStream(request.Context);
        await stream.RunAsync(() => request.Engine.Transfers.PushAsync(reference, platform, compression, credentials, new TransferMessages(stream), request.Aborted)).ConfigureAwait(false);
    }

    private static async Task LoginAsync(ApiRequest request)
    {
        var auth = await JsonBody.ReadFirstAsync(request.Http.Body, ApiJson.Default.AuthConfig, request.Aborted).ConfigureAwait(false);
        var credentials = RegistryAuth.Credentials(auth) ?? new RegistryCredentials();
        var answer = await request.Engine.Transfers.LoginAsync(auth.Serveraddress ?? string.Empty, credentials, request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(answer, ApiJson.Default.SystemAuthResponse).ConfigureAwait(false);
    }

    private static async Task DistributionAsync(ApiRequest request)
    {
        var answer = await request.Engine.Transfers.InspectAsync(ImageReference.Parse(request.Name), RegistryAuth.One(request), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(answer, ApiJson.Default.DistributionInspect).ConfigureAwait(false);
    }
}
