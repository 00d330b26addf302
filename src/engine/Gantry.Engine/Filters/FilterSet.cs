using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.Errors;

namespace Gantry.Engine.Filters;

/// <summary>The <c>filters</c> query parameter: keys with sets of values, as <c>{"status":["running"]}</c> or the older <c>{"status":{"running":true}}</c>.</summary>
public sealed class FilterSet
{
    /// <summary>What a text that is no set of filters is refused with.</summary>
    public const string Malformed = "invalid filter";

    private const int MaxLength = 1024 * 1024;
    private readonly Dictionary<string, List<string>> _values;

    private FilterSet(Dictionary<string, List<string>> values) => _values = values;

    public static FilterSet Empty { get; } = new([]);

    public bool IsEmpty => _values.Count == 0;

    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>Parses the parameter; empty text is an empty set.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static FilterSet Parse(string json)
    {
        if (json.Length is 0 or > MaxLength)
        {
            return json.Length == 0 ? Empty : throw GantryException.InvalidArgument(Malformed);
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var values = new Dictionary<string, List<string>>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                values[property.Name] = Read(property.Value);
            }

            return new FilterSet(values);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw GantryException.InvalidArgument(Malformed, e);
        }
    }

    /// <summary>A set made inside the engine.</summary>
    public static FilterSet Of(params ReadOnlySpan<(string Key, string Value)> entries)
    {
        var set = new FilterSet([]);
        foreach (var (key, value) in entries)
        {
            set._values.TryAdd(key, []);
            set._values[key].Add(value);
        }

        return set;
    }

    /// <summary>The set with one more value.</summary>
    public FilterSet With(string key, string value)
    {
        var values = _values.ToDictionary(v => v.Key, v => v.Value.ToList());
        values.TryAdd(key, []);
        values[key].Add(value);
        return new FilterSet(values);
    }

    /// <summary>The set as the core services take it.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ToDictionary() => _values.ToDictionary(v => v.Key, v => (IReadOnlyList<string>)v.Value);

    public bool Has(string key) => _values.ContainsKey(key);

    public IReadOnlyList<string> this[string key] => _values.TryGetValue(key, out var list) ? list : [];

    /// <summary>True when the key is absent or one of its values is <paramref name="value"/>.</summary>
    public bool ExactMatch(string key, string value) => !_values.TryGetValue(key, out var list) || list.Contains(value);

    /// <summary>No such filter, or the text contains one of its values, or matches one as a regular expression (its time is bounded).</summary>
    public bool MatchText(string key, string text) => Any(key, v => text.Contains(v, StringComparison.Ordinal) || IsMatch(v, text));

    /// <summary>True when the key is absent or one of its values satisfies the test.</summary>
    public bool Any(string key, Func<string, bool> test) => !_values.TryGetValue(key, out var list) || list.Count == 0 || list.Any(test);

    /// <summary>True when all <c>name</c> or <c>name=value</c> entries of the key are among the labels.</summary>
    public bool MatchLabels(string key, IReadOnlyDictionary<string, string>? labels) =>
        this[key].All(entry => HasLabel(labels, entry));

    /// <summary>One boolean from values such as 1, true, 0, false.</summary>
    /// <exception cref="GantryException">InvalidArgument: not a boolean, or both.</exception>
    public bool Bool(string key, bool absent)
    {
        if (!_values.TryGetValue(key, out var list) || list.Count == 0)
        {
            return absent;
        }

        // Other words beside a clear one are let pass, as by Docker.
        var isTrue = list.Any(v => v is "1" or "true" or "True" or "TRUE" or "t" or "T");
        var isFalse = list.Any(v => v is "0" or "false" or "False" or "FALSE" or "f" or "F");
        return isTrue == isFalse ? throw Invalid(key, list) : isTrue;
    }

    /// <summary>Refuses keys the operation doesn't know.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public FilterSet Validate(params ReadOnlySpan<string> accepted)
    {
        foreach (var key in _values.Keys)
        {
            if (!accepted.Contains(key))
            {
                throw GantryException.InvalidArgument(key.Length == 0 ? "invalid filter" : $"invalid filter '{key}'");
            }
        }

        return this;
    }

    public static GantryException Invalid(string key, IEnumerable<string> values) =>
        GantryException.InvalidArgument($"invalid filter '{key}=[{string.Join(' ', values)}]'");

    private static bool HasLabel(IReadOnlyDictionary<string, string>? labels, string entry)
    {
        var equals = entry.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? entry : entry[..equals];
        return labels is not null && labels.TryGetValue(name, out var value) && (equals < 0 || value == entry[(equals + 1)..]);
    }

    private static List<string> Read(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? element.EnumerateArray().Select(v => v.GetString() ?? string.Empty).ToList()
        : element.EnumerateObject().Where(p => p.Value.GetBoolean()).Select(p => p.Name).ToList();

    /// <summary>What is no expression matches nothing.</summary>
    private static bool IsMatch(string pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
