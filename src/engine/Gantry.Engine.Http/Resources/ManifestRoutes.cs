using System.Text.Json.Serialization;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Transfers;
using Gantry.Oci;

namespace Gantry.Engine.Http.Resources;

/// <summary>
/// <c>GET</c> and <c>POST /gantry/manifests/NAME?insecure=1</c>, not Docker's: single manifests of registries for <c>gantry manifest</c>, which in
/// docker's CLI asks registries itself. Credentials come in X-Registry-Auth, as for a pull.
/// </summary>
internal static class ManifestRoutes
{
    internal static void Map(Router router)
    {
        router.Map("GET", "/gantry/manifests/{name*}", GetAsync);
        router.Map("POST", "/gantry/manifests/{name*}", PushAsync);
    }

    private static async Task GetAsync(ApiRequest request)
    {
        var manifest = await request.Engine.Manifests.GetAsync(
            ImageReference.Parse(request.Name), RegistryAuth.One(request), request.Query.Bool("insecure"), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(manifest, ManifestJson.Default.RemoteManifest).ConfigureAwait(false);
    }

    private static async Task PushAsync(ApiRequest request)
    {
        var manifest = await JsonBody.ReadFirstAsync(request.Http.Body, ManifestJson.Default.ManifestToPush, request.Aborted).ConfigureAwait(false);
        var digest = await request.Engine.Manifests.PushAsync(
            ImageReference.Parse(request.Name), manifest, RegistryAuth.One(request), request.Query.Bool("insecure"), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(new PushedManifest(digest.ToString()), ManifestJson.Default.PushedManifest).ConfigureAwait(false);
    }
}

internal sealed record PushedManifest(string Digest);

[JsonSerializable(typeof(RemoteManifest))]
[JsonSerializable(typeof(ManifestToPush))]
[JsonSerializable(typeof(PushedManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
