using System.Globalization;
using System.Text.Json;
using Gantry.Build;
using Gantry.Dockerfile;
using Gantry.Engine.Settings;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>The file's <c>builder</c>: <c>gc</c>, <c>entitlements</c>, <c>history</c>. Names are read as Go reads them, whatever their case.</summary>
internal static class BuilderSettings
{
    /// <param name="json">The object; empty where there is none.</param>
    /// <exception cref="GantryException">InvalidArgument in dockerd's words; NotImplemented: a name that isn't there.</exception>
    internal static BuildSettings Read(string json)
    {
        var settings = new BuildSettings();
        if (json.Length == 0)
        {
            return settings;
        }

        using var document = JsonDocument.Parse(json);
        foreach (var (name, value) in Members(document.RootElement, "builder"))
        {
            settings = name switch
            {
                "gc" => settings with { CacheRules = Collection(value) },
                "entitlements" => settings with { Entitlements = Entitlements(value, settings.Entitlements) },
                "history" => History(value, settings),
                _ => throw Unknown("builder." + name),
            };
        }

        return settings;
    }

    private static Func<long, IReadOnlyList<CacheRule>> Collection(JsonElement gc)
    {
        var enabled = true;
        List<CacheRule>? policy = null;
        var space = new SpaceTexts("default");
        foreach (var (name, value) in Members(gc, "builder.gc"))
        {
            switch (name)
            {
                case "enabled":
                    enabled = Bool(value, "builder.gc.enabled");
                    break;
                case "policy" when value.ValueKind == JsonValueKind.Array:
                    policy = [.. value.EnumerateArray().Select(Rule)];
                    break;
                case "policy" when value.ValueKind == JsonValueKind.Null:
                    break;
                default:
                    if (!space.TrySet(name, value))
                    {
                        throw Unknown("builder.gc." + name);
                    }

                    break;
            }
        }

        var limits = space.Parse();
        return !enabled ? _ => [] : policy is null ? size => CacheRule.Defaults(limits, size) : _ => policy;
    }

    private static CacheRule Rule(JsonElement rule)
    {
        var all = false;
        var filters = new Dictionary<string, IReadOnlyList<string>>();
        var space = new SpaceTexts(string.Empty);
        foreach (var (name, value) in Members(rule, "builder.gc.policy"))
        {
            switch (name)
            {
                case "all":
                    all = Bool(value, "builder.gc.policy.all");
                    break;
                case "filter":
                    filters = Filters(value);
                    break;
                default:
                    if (!space.TrySet(name, value))
                    {
                        throw Unknown("builder.gc.policy." + name);
                    }

                    break;
            }
        }

        var result = new CacheRule(all, filters, space.Parse());
        result.Options(DateTimeOffset.UtcNow);
        return result;
    }

    /// <summary>A list of <c>name=value</c>.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Filters(JsonElement list)
    {
        var filters = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var text in list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Select(f => Text(f, "builder.gc.policy.filter")) : throw Wrong("builder.gc.policy.filter"))
        {
            var parts = text.Split('=', 2);
            var name = parts[0].Trim().ToLowerInvariant();
            filters[name] = [.. filters.GetValueOrDefault(name, []), parts.Length == 1 ? string.Empty : parts[1].TrimStart('=').Trim()];
        }

        return filters;
    }

    private static BuildEntitlements Entitlements(JsonElement entitlements, BuildEntitlements given)
    {
        foreach (var (name, value) in Members(entitlements, "builder.entitlements"))
        {
            given = name switch
            {
                "network-host" => given with { NetworkHost = Bool(value, "builder.entitlements.network-host") },
                "security-insecure" => given with { SecurityInsecure = Bool(value, "builder.entitlements.security-insecure") },
                _ => throw Unknown("builder.entitlements." + name),
            };
        }

        return given;
    }

    private static BuildSettings History(JsonElement history, BuildSettings settings)
    {
        foreach (var (name, value) in Members(history, "builder.history"))
        {
            settings = name switch
            {
                "maxentries" => settings with { HistoryEntries = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0 ? count : throw Wrong("builder.history.maxEntries") },
                "maxage" => settings with { HistoryAge = Duration(value) },
                _ => throw Unknown("builder.history." + name),
            };
        }

        return settings;
    }

    /// <summary>Seconds, or a duration such as <c>48h</c>.</summary>
    private static TimeSpan Duration(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() + "s" : Text(value, "builder.history.maxAge");
        return GoDuration.TryParse(text, out var nanoseconds, out _) && nanoseconds >= 0
            ? TimeSpan.FromTicks(nanoseconds / 100)
            : throw GantryException.InvalidArgument($"time: invalid duration {GoText.Quote(text)}");
    }

    private static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement element, string where) => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().Select(p => (p.Name.ToLowerInvariant(), p.Value))
        : throw Wrong(where);

    private static bool Bool(JsonElement value, string where) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(where);

    private static string Text(JsonElement value, string where) => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(where);

    private static GantryException Wrong(string where) => GantryException.InvalidArgument($"\"{where}\" has a value of the wrong type");

    private static GantryException Unknown(string where) => GantryException.NotImplemented($"\"{where}\" is not available in this version");

    /// <summary>The limits of a rule, or of the default ones, whose names have a prefix. The old name goes for the new one where that is missing.</summary>
    private sealed class SpaceTexts(string prefix)
    {
        private string? _keep;
        private string? _reserved;
        private string? _maxUsed;
        private string? _minFree;

        internal bool TrySet(string name, JsonElement value)
        {
            switch (name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : string.Empty)
            {
                case "keepstorage":
                    _keep = Text(value, name);
                    return true;
                case "reservedspace":
                    _reserved = Text(value, name);
                    return true;
                case "maxusedspace":
                    _maxUsed = Text(value, name);
                    return true;
                case "minfreespace":
                    _minFree = Text(value, name);
                    return true;
                default:
                    return false;
            }
        }

        internal CacheSpace Parse() => new(
            Bytes(string.IsNullOrEmpty(_reserved) ? _keep : _reserved, "reservedSpace"), Bytes(_maxUsed, "maxUsedSpace"), Bytes(_minFree, "minFreeSpace"));

        private long Bytes(string? text, string name)
        {
            try
            {
                return string.IsNullOrEmpty(text) ? 0 : ByteSize.Parse(name, text);
            }
            catch (GantryException e)
            {
                var key = prefix.Length == 0 ? name : prefix + name.ToUpperInvariant();
                throw GantryException.InvalidArgument(string.Create(CultureInfo.InvariantCulture, $"failed to parse {key}: invalid size: '{text}'"), e);
            }
        }
    }
}
