using System.Globalization;
using System.Text.Json;
using Gantry.BuildKit;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>The query of <c>POST /build?version=2</c> as the request of BuildKit's API that it stands for (moby, builder/builder-next).</summary>
internal static class BuildKitQuery
{
    private const string Frontend = "dockerfile.v0";

    /// <exception cref="GantryException">InvalidArgument: a value is malformed.</exception>
    internal static SolveRequest Parse(ApiRequest request)
    {
        var query = request.Query;
        return new SolveRequest
        {
            Ref = Guid.NewGuid().ToString("N"),
            Session = query["session"],
            Frontend = Frontend,
            FrontendAttributes = Attributes(request),
            Exporters = Exporters(query),
            Entitlements = query["networkmode"] == "host" ? ["network.host"] : [],
        };
    }

    private static Dictionary<string, string> Attributes(ApiRequest request)
    {
        var query = request.Query;
        var classic = BuildQuery.ParseOptions(request);
        var attributes = new Dictionary<string, string>();
        Add(attributes, "target", classic.Target);
        Add(attributes, "filename", query["dockerfile"] is "." ? string.Empty : query["dockerfile"]);
        Add(attributes, "context", query["remote"] is "client-session" or "upload-request" ? string.Empty : query["remote"]);
        Add(attributes, "cache-from", string.Join(',', classic.CacheFrom));
        Add(attributes, "platform", classic.Platform);
        Add(attributes, "cgroup-parent", classic.Steps.CgroupParent);
        Add(attributes, "force-network-mode", Network(classic.Steps.NetworkMode));
        Add(attributes, "add-hosts", string.Join(',', classic.Steps.ExtraHosts.Select(Host)));
        Add(attributes, "shm-size", classic.Steps.ShmSize == 0 ? string.Empty : classic.Steps.ShmSize.ToString(CultureInfo.InvariantCulture));
        Add(attributes, "ulimit", string.Join(',', classic.Steps.Ulimits.Select(u => string.Create(CultureInfo.InvariantCulture, $"{u.Name}={u.Soft}:{u.Hard}"))));
        attributes["image-resolve-mode"] = classic.Pull ? "pull" : "default";
        foreach (var (name, value) in classic.BuildArguments.Where(a => a.Value is not null))
        {
            attributes["build-arg:" + name] = value!;
        }

        foreach (var (name, value) in classic.Labels)
        {
            attributes["label:" + name] = value;
        }

        if (classic.NoCache)
        {
            attributes["no-cache"] = string.Empty;
        }

        return attributes;
    }

    private static void Add(Dictionary<string, string> attributes, string name, string value)
    {
        if (value.Length > 0)
        {
            attributes[name] = value;
        }
    }

    private static string Network(string mode) => mode is "" or "default" ? string.Empty
        : mode is "host" or "none" ? mode
        : throw GantryException.Internal($"network mode \"{mode}\" not supported by buildkit");

    private static string Host(string text) => text.IndexOf(':', StringComparison.Ordinal) is var colon and > 0
        ? $"{text[..colon]}={text[(colon + 1)..]}" : throw GantryException.Internal($"invalid host {text}");

    /// <summary>The image, unless <c>outputs</c> asks for something else.</summary>
    private static IReadOnlyList<TypedOptions> Exporters(QueryValues query)
    {
        var name = new Dictionary<string, string> { ["name"] = string.Join(',', query.All("t").Where(t => t.Length > 0)) };
        var outputs = Outputs(query["outputs"]);
        return outputs.Count switch
        {
            0 => [new TypedOptions("moby", name)],
            > 1 => throw GantryException.Internal("multiple outputs not supported"),
            _ when outputs[0].Type == "cacheonly" => [],
            _ when outputs[0].Type is "image" or "moby" => [new TypedOptions("moby", outputs[0].Options.Concat(name).ToDictionary())],
            _ => outputs,
        };
    }

    private static List<TypedOptions> Outputs(string json)
    {
        if (json.Length == 0)
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateArray().Select(e => new TypedOptions(
                e.GetProperty("Type").GetString() ?? string.Empty,
                e.TryGetProperty("Attrs", out var options) && options.ValueKind == JsonValueKind.Object
                    ? options.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? string.Empty) : []))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw GantryException.InvalidArgument($"invalid outputs specified: {e.Message}", e);
        }
    }
}
