using System.Globalization;
using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Create;

/// <summary>Options of the log drivers <c>json-file</c>, <c>local</c> (the same files here) and <c>none</c>.</summary>
internal static class LogOptions
{
    private static readonly string[] s_known = ["max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size"];

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void Validate(LogConfig? log)
    {
        var type = log?.Type ?? string.Empty;
        var options = log?.Config ?? [];
        if (type is not ("" or "json-file" or "none"))
        {
            throw GantryException.InvalidArgument($"error looking up logging plugin {type}: plugin \"{type}\" not found");
        }

        if (options.Keys.FirstOrDefault(k => !s_known.Contains(k)) is { } unknown)
        {
            throw GantryException.InvalidArgument($"unknown log opt '{unknown}' for {(type.Length == 0 ? "json-file" : type)} log driver");
        }

        MaxSize(options);
        MaxFiles(options);
        if (options.GetValueOrDefault("mode") is { } mode && mode is not ("" or "blocking"))
        {
            throw GantryException.InvalidArgument($"logger: logging mode not supported: {mode}");
        }

        if (options.GetValueOrDefault("max-buffer-size") is not null)
        {
            throw GantryException.InvalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
        }

        foreach (var key in new[] { "labels-regex", "env-regex" })
        {
            if (options.ContainsKey(key))
            {
                throw GantryException.NotImplemented($"log option '{key}' is not available in this version");
            }
        }
    }

    /// <summary>Bytes; 0 for no limit.</summary>
    internal static long MaxSize(IReadOnlyDictionary<string, string> options)
    {
        if (!options.TryGetValue("max-size", out var text) || text.Length == 0 || text == "-1")
        {
            return 0;
        }

        return ParseSize(text) is { } size && size > 0
            ? size
            : throw GantryException.InvalidArgument($"invalid size: '{text}'");
    }

    /// <summary>Files kept, at least 1.</summary>
    internal static int MaxFiles(IReadOnlyDictionary<string, string> options)
    {
        if (!options.TryGetValue("max-file", out var text) || text.Length == 0)
        {
            return 1;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var files) && files >= 1
            ? files
            : throw GantryException.InvalidArgument("max-file cannot be less than 1");
    }

    internal static bool Compress(IReadOnlyDictionary<string, string> options) =>
        options.TryGetValue("compress", out var text) && text is "true" or "1" or "True" or "TRUE" or "t" or "T";

    /// <summary>A number with a unit of k, m, g, t (powers of 1024) and an optional b.</summary>
    private static long? ParseSize(string text)
    {
        var lower = text.Trim().ToLowerInvariant();
        lower = lower.EndsWith("ib", StringComparison.Ordinal) ? lower[..^2] : lower.EndsWith('b') ? lower[..^1] : lower;
        var shift = lower.Length == 0 ? 0 : lower[^1] switch
        {
            'k' => 10,
            'm' => 20,
            'g' => 30,
            't' => 40,
            _ => 0,
        };
        var number = (shift > 0 ? lower[..^1] : lower).TrimEnd();
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value < 1L << 20
            ? (long)(value * (1L << shift))
            : double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && shift == 0 ? (long)value
            : null;
    }
}
