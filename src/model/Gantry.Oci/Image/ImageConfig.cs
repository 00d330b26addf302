using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Oci;

/// <summary>
/// An image's configuration blob (OCI image-spec, config.md) with the fields Docker adds. Its sha256 is the image id, so a stored
/// config is always kept and passed on as the bytes it arrived in; this record is the parsed view.
/// </summary>
public sealed record ImageConfig
{
    [JsonPropertyName("created")]
    public string? Created { get; init; }

    [JsonPropertyName("author")]
    public string? Author { get; init; }

    [JsonPropertyName("architecture")]
    public string Architecture { get; init; } = string.Empty;

    [JsonPropertyName("os")]
    public string Os { get; init; } = string.Empty;

    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    [JsonPropertyName("os.features")]
    public IReadOnlyList<string>? OsFeatures { get; init; }

    [JsonPropertyName("variant")]
    public string? Variant { get; init; }

    [JsonPropertyName("config")]
    public ImageRunConfig? Config { get; init; }

    [JsonPropertyName("rootfs")]
    public RootFs RootFs { get; init; } = new();

    [JsonPropertyName("history")]
    public IReadOnlyList<HistoryEntry>? History { get; init; }

    /// <summary>Docker's: id of the container that was committed.</summary>
    [JsonPropertyName("container")]
    public string? Container { get; init; }

    /// <summary>Docker's: engine version that made the image.</summary>
    [JsonPropertyName("docker_version")]
    public string? DockerVersion { get; init; }

    /// <summary>Docker's: the comment given with commit or import.</summary>
    [JsonPropertyName("comment")]
    public string? Comment { get; init; }

    /// <summary>What the image says it is for.</summary>
    [JsonIgnore]
    public Platform Platform => new() { Os = Os, Architecture = Architecture, Variant = Variant };
}

/// <summary>How containers of the image run by default (config.md, "config"; Docker's additions marked).</summary>
public sealed record ImageRunConfig
{
    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    public string? User { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? ExposedPorts { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Docker's.</summary>
    public HealthConfig? Healthcheck { get; init; }

    /// <summary>Docker's; Windows only, kept.</summary>
    public bool? ArgsEscaped { get; init; }

    /// <summary>Docker's: the image this one was built on.</summary>
    public string? Image { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Volumes { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Docker's: triggers for images built on this one.</summary>
    public IReadOnlyList<string>? OnBuild { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? StopSignal { get; init; }

    /// <summary>Docker's: seconds.</summary>
    public int? StopTimeout { get; init; }

    /// <summary>Docker's: shell of the shell forms.</summary>
    public IReadOnlyList<string>? Shell { get; init; }
}

/// <summary>Docker's health check; durations in nanoseconds, 0 inherits.</summary>
public sealed record HealthConfig
{
    public IReadOnlyList<string>? Test { get; init; }

    public long? Interval { get; init; }

    public long? Timeout { get; init; }

    public long? StartPeriod { get; init; }

    public long? StartInterval { get; init; }

    public int? Retries { get; init; }
}

/// <summary>The uncompressed layers' digests, bottom first (config.md, "rootfs").</summary>
public sealed record RootFs
{
    [JsonPropertyName("type")]
    public string Type { get; init; } = "layers";

    /// <summary>Bottom first. Go's writers put null where there is no layer, which reads as an empty list.</summary>
    [JsonPropertyName("diff_ids")]
    public IReadOnlyList<Digest> DiffIds
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>One step that made the image (config.md, "history").</summary>
public sealed record HistoryEntry
{
    [JsonPropertyName("created")]
    public string? Created { get; init; }

    [JsonPropertyName("author")]
    public string? Author { get; init; }

    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    [JsonPropertyName("comment")]
    public string? Comment { get; init; }

    [JsonPropertyName("empty_layer")]
    public bool? EmptyLayer { get; init; }
}
