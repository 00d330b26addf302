using System.Text;
using System.Text.Json;
using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Engine.Http.Routing;

/// <summary>
/// Platforms in queries of the image endpoints: a JSON object of the OCI image-spec (image-index.md, "platform"), unlike the
/// <c>os/arch/variant</c> text of pull, import, build and create. Clients older than the parameter are not asked about it, as Docker does it.
/// </summary>
internal static class PlatformQuery
{
    /// <summary>The one platform of <c>platform=</c>; null when the client gave none or speaks an older version than <paramref name="since"/>.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static Platform? One(ApiRequest request, ApiVersion since) => Single(request, "platform", since, "multiple platform parameters not supported");

    /// <summary>The same for <c>platforms=</c>, of which one is supported.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static Platform? OnlyOf(ApiRequest request, ApiVersion since) => Single(request, "platforms", since, "multiple platforms are not supported");

    private static Platform? Single(ApiRequest request, string name, ApiVersion since, string several)
    {
        if (request.Version < since)
        {
            return null;
        }

        var values = request.Query.All(name);
        return values.Count > 1 ? throw GantryException.InvalidArgument(several)
            : values.Count == 0 || values[0].Length == 0 ? null
            : Decode(values[0]);
    }

    private static Platform Decode(string json)
    {
        Platform platform;
        try
        {
            platform = JsonSerializer.Deserialize(json, OciJson.Default.Platform) ?? new Platform();
        }
        catch (JsonException e)
        {
            throw GantryException.InvalidArgument($"failed to parse platform: {GoJsonSyntax.ErrorOfText(Encoding.UTF8.GetBytes(json)) ?? e.Message}", e);
        }

        var (os, architecture) = (platform.Os ?? string.Empty, platform.Architecture ?? string.Empty);
        var optional = !string.IsNullOrEmpty(platform.Variant) || !string.IsNullOrEmpty(platform.OsVersion) || platform.OsFeatures is { Count: > 0 };
        return os.Length == 0 && architecture.Length == 0 && optional
                ? throw GantryException.InvalidArgument("optional platform fields provided, but OS and Architecture are missing")
            : os.Length == 0 || architecture.Length == 0 ? throw GantryException.InvalidArgument("both OS and Architecture must be provided")
            : platform;
    }
}
