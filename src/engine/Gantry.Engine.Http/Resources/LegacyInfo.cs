using System.Text.Json.Nodes;
using Gantry.Engine.Http.Routing;

namespace Gantry.Engine.Http.Resources;

/// <summary>What older clients expect of <c>/info</c> beside what it says today.</summary>
internal static class LegacyInfo
{
    private static readonly string[] s_commits = ["ContainerdCommit", "RuncCommit", "InitCommit"];

    /// <summary>Adds members that the newest version has no more.</summary>
    internal static void Adjust(JsonObject info, ApiVersion version)
    {
        if (version < new ApiVersion(1, 50))
        {
            info["BridgeNfIptables"] = false;
            info["BridgeNfIp6tables"] = false;
        }

        foreach (var commit in version < new ApiVersion(1, 49) ? s_commits.Select(c => info[c]).OfType<JsonObject>() : [])
        {
            if (commit["ID"]?.GetValue<string>() is { Length: > 0 } id)
            {
                commit["Expected"] = id;
            }
        }

        if (version < new ApiVersion(1, 47) && info["RegistryConfig"] is JsonObject registries)
        {
            registries["AllowNondistributableArtifactsCIDRs"] = null;
            registries["AllowNondistributableArtifactsHostnames"] = null;
        }
    }
}
