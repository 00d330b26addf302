using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Engine.Http.Routing;

namespace Gantry.Engine.Http.Resources;

/// <summary>Fields of images that later API versions dropped, for clients of the versions that have them.</summary>
internal static class LegacyImages
{
    private static readonly ApiVersion s_withoutVirtualSize = new(1, 44);
    private static readonly ApiVersion s_withoutContainerConfig = new(1, 45);
    private static readonly ApiVersion s_withoutContainerFields = new(1, 50);
    private static readonly ApiVersion s_withEmptyNames = new(1, 43);

    internal static Task WriteAsync(ApiRequest request, ImageInspect image)
    {
        if (request.Version >= s_withoutContainerFields)
        {
            return request.WriteJsonAsync(image, ApiJson.Default.ImageInspect);
        }

        if (request.Version < s_withoutVirtualSize)
        {
            image.VirtualSize = image.Size;
        }

        var json = JsonSerializer.SerializeToNode(image, ApiJson.Default.ImageInspect)!.AsObject();
        if (json["Config"] is JsonObject config)
        {
            AddContainerFields(config);
        }

        if (request.Version < s_withoutContainerConfig)
        {
            json["ContainerConfig"] = EmptyConfig();
        }

        return Responses.WriteNodeAsync(request.Context, json);
    }

    /// <summary>Before 1.44 a size had two names, before 1.43 an image without names or digests had null for them.</summary>
    internal static List<ImageSummary> Adjust(ApiVersion version, IEnumerable<ImageSummary> images) => [.. images.Select(i => i with
    {
        VirtualSize = version < s_withoutVirtualSize ? i.Size : i.VirtualSize,
        RepoTags = version < s_withEmptyNames && i.RepoTags is not { Count: > 0 } ? NoName(i, "<none>:<none>") : i.RepoTags,
        RepoDigests = version < s_withEmptyNames && i.RepoDigests is not { Count: > 0 } ? NoName(i, "<none>@<none>") : i.RepoDigests,
    })];

    private static List<string>? NoName(ImageSummary image, string none) =>
        image.RepoTags is { Count: > 0 } || image.RepoDigests is { Count: > 0 } ? null : [none];

    /// <summary>An image's configuration was a container's before; what only containers have was there with zero values.</summary>
    private static void AddContainerFields(JsonObject config)
    {
        foreach (var name in new[] { "Hostname", "Domainname", "Image" })
        {
            config[name] = string.Empty;
        }

        foreach (var name in new[] { "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce" })
        {
            config[name] = false;
        }
    }

    private static JsonObject EmptyConfig()
    {
        var config = new JsonObject { ["User"] = string.Empty, ["WorkingDir"] = string.Empty };
        foreach (var name in new[] { "Env", "Cmd", "Volumes", "Entrypoint", "OnBuild", "Labels" })
        {
            config[name] = null;
        }

        AddContainerFields(config);
        return config;
    }
}
