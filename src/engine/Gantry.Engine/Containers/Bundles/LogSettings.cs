using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.State;
using RuntimeLog = Gantry.Runtime.LogConfig;

namespace Gantry.Engine.Containers.Bundles;

/// <summary>A container's log settings in the terms of the monitor, which writes the log.</summary>
internal static class LogSettings
{
    internal static RuntimeLog For(ContainerRecord record, string path)
    {
        var log = record.HostConfig.LogConfig;
        if (log?.Type == "none")
        {
            return RuntimeLog.None;
        }

        var options = log?.Config ?? [];
        return new RuntimeLog
        {
            Driver = "json-file",
            Path = path,
            MaxSize = LogOptions.MaxSize(options),
            MaxFiles = LogOptions.MaxFiles(options),
            Compress = LogOptions.Compress(options),
            AttributesJson = Attributes(record, options),
        };
    }

    /// <summary>Docker's <c>attrs</c>: chosen labels and variables, and the tag.</summary>
    private static string? Attributes(ContainerRecord record, Dictionary<string, string> options)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var name in Names(options, "labels"))
        {
            if (record.Config.Labels?.TryGetValue(name, out var value) == true)
            {
                attributes[name] = value;
            }
        }

        foreach (var name in Names(options, "env"))
        {
            if (record.Config.Env?.FirstOrDefault(e => e.StartsWith(name + "=", StringComparison.Ordinal)) is { } entry)
            {
                attributes[name] = entry[(name.Length + 1)..];
            }
        }

        if (options.TryGetValue("tag", out var tag) && tag.Length > 0)
        {
            attributes["tag"] = tag.Replace("{{.ID}}", record.Id[..12], StringComparison.Ordinal)
                .Replace("{{.FullID}}", record.Id, StringComparison.Ordinal)
                .Replace("{{.Name}}", record.Name, StringComparison.Ordinal)
                .Replace("{{.ImageName}}", record.Config.Image, StringComparison.Ordinal);
        }

        return attributes.Count == 0 ? null : JsonSerializer.Serialize(attributes, ApiJson.Default.DictionaryStringString);
    }

    private static string[] Names(Dictionary<string, string> options, string key) =>
        options.GetValueOrDefault(key, string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
