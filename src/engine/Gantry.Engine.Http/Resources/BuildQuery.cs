using System.Globalization;
using System.Text.Json;
using Gantry.Api;
using Gantry.Build;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>The query of <c>POST /build</c>.</summary>
internal static class BuildQuery
{
    /// <exception cref="GantryException">InvalidArgument: a value is malformed; NotImplemented: asks for what this builder lacks.</exception>
    internal static BuildRequest Parse(ApiRequest request)
    {
        var query = request.Query;
        if (query["version"] is not ("" or "1"))
        {
            throw GantryException.InvalidArgument($"invalid version \"{query["version"]}\"");
        }

        if (query["outputs"].Length > 0)
        {
            throw GantryException.NotImplemented("build outputs are not available in the classic builder");
        }

        // Ours alone: a client that shows progress as BuildKit does expects its stages too.
        return ParseOptions(request) with { AllStages = query["stages"] != "needed" };
    }

    /// <summary>What both builders are told alike.</summary>
    /// <exception cref="GantryException">InvalidArgument: a value is malformed.</exception>
    internal static BuildRequest ParseOptions(ApiRequest request)
    {
        var query = request.Query;
        if (query.Bool("squash") && request.Engine.Settings.Experimental)
        {
            throw GantryException.NotImplemented("squash is not implemented: this engine has no such experimental feature");
        }

        return new BuildRequest
        {
            ContextTar = query["remote"].Length == 0 ? request.Http.Body : null,
            Remote = query["remote"] is { Length: > 0 } remote ? remote : null,
            Dockerfile = query["dockerfile"] is { Length: > 0 } dockerfile ? dockerfile : "Dockerfile",
            Tags = query.All("t"),
            BuildArguments = Json(query["buildargs"], ReadArguments) ?? [],
            Labels = Json(query["labels"], text => JsonSerializer.Deserialize(text, ApiJson.Default.DictionaryStringString)) ?? [],
            Target = query["target"],
            NoCache = query.Bool("nocache"),
            Pull = query.Bool("pull"),
            Remove = query.Bool("rm", absent: true),
            ForceRemove = query.Bool("forcerm"),
            Platform = query["platform"],
            CacheFrom = Json(query["cachefrom"], text => JsonSerializer.Deserialize(text, ApiJson.Default.ListString)) ?? [],
            Squash = query.Bool("squash"),
            Steps = Steps(query),
        };
    }

    private static StepSettings Steps(QueryValues query) => new()
    {
        NetworkMode = query["networkmode"],
        ExtraHosts = [.. query.All("extrahosts").SelectMany(h => h.Split(',', StringSplitOptions.RemoveEmptyEntries))],
        ShmSize = Number(query, "shmsize"),
        Memory = Number(query, "memory"),
        MemorySwap = Number(query, "memswap"),
        CpuShares = Number(query, "cpushares"),
        CpuPeriod = Number(query, "cpuperiod"),
        CpuQuota = Number(query, "cpuquota"),
        CpusetCpus = query["cpusetcpus"],
        CpusetMems = query["cpusetmems"],
        CgroupParent = query["cgroupparent"],
        Ulimits = [.. (Json(query["ulimits"], text => JsonSerializer.Deserialize(text, ApiJson.Default.ListUlimit)) ?? [])
            .Select(u => new StepUlimit(u.Name ?? string.Empty, u.Soft ?? 0, u.Hard ?? 0))],
    };

    private static Dictionary<string, string?> ReadArguments(string text)
    {
        using var document = JsonDocument.Parse(text);
        // A Go client without arguments sends its nil map.
        return document.RootElement.ValueKind == JsonValueKind.Null ? [] : document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString());
    }

    private static T? Json<T>(string text, Func<string, T?> parse)
        where T : class
    {
        try
        {
            return text.Length == 0 ? null : parse(text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw GantryException.InvalidArgument($"error reading build options: {e.Message}", e);
        }
    }

    private static long Number(QueryValues query, string name) =>
        query[name] is not { Length: > 0 } text ? 0
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw GantryException.InvalidArgument($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
}
