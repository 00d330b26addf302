using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>Swarm's paths, answered as by an engine that is in no swarm.</summary>
internal static class SwarmRoutes
{
    private const string NotManager =
        "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

    private static readonly (string Method, string Path)[] s_managerOnly =
    [
        ("GET", "/swarm"), ("GET", "/swarm/unlockkey"), ("POST", "/swarm/update"), ("POST", "/swarm/unlock"),
        ("GET", "/services"), ("POST", "/services/create"), ("GET", "/services/{id}"), ("POST", "/services/{id}/update"), ("DELETE", "/services/{id}"),
        ("GET", "/services/{id}/logs"), ("GET", "/nodes"), ("GET", "/nodes/{id}"), ("DELETE", "/nodes/{id}"), ("POST", "/nodes/{id}/update"),
        ("GET", "/tasks"), ("GET", "/tasks/{id}"), ("GET", "/tasks/{id}/logs"), ("GET", "/secrets"), ("POST", "/secrets/create"),
        ("GET", "/secrets/{id}"), ("DELETE", "/secrets/{id}"), ("POST", "/secrets/{id}/update"), ("GET", "/configs"), ("POST", "/configs/create"),
        ("GET", "/configs/{id}"), ("DELETE", "/configs/{id}"), ("POST", "/configs/{id}/update"),
    ];

    internal static void Map(Router router)
    {
        foreach (var (method, path) in s_managerOnly)
        {
            router.Map(method, path, request => NotManagerAsync(request, method, path));
        }

        router.Map("POST", "/swarm/init", _ => throw GantryException.NotImplemented("swarm mode is not available in this version"));
        router.Map("POST", "/swarm/join", _ => throw GantryException.NotImplemented("swarm mode is not available in this version"));
        router.Map("POST", "/swarm/leave", _ => throw GantryException.Unavailable("This node is not part of a swarm"));
    }

    /// <summary>What is malformed is told first, as Docker does.</summary>
    private static async Task NotManagerAsync(ApiRequest request, string method, string path)
    {
        if (path.EndsWith("/logs", StringComparison.Ordinal) && !request.Query.Bool("stdout") && !request.Query.Bool("stderr"))
        {
            throw GantryException.Internal("Bad parameters: you must choose at least one stream");
        }

        // Nothing of the body is used but that it is JSON.
        if (method == "POST" && request.HasBody)
        {
            await request.ReadJsonAsync(ApiJson.Default.EmptyObject).ConfigureAwait(false);
        }

        if (path.EndsWith("/update", StringComparison.Ordinal) && request.Query["version"] is var version && !ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            var kind = path.Split('/')[1].TrimEnd('s');
            throw GantryException.InvalidArgument(kind is "secret" or "config"
                ? $"invalid {kind} version"
                : $"invalid {kind} version '{version}': strconv.ParseUint: parsing \"{version}\": invalid syntax");
        }

        throw GantryException.Unavailable(NotManager);
    }
}
