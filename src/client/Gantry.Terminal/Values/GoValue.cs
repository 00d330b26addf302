using System.Text.Json;

namespace Gantry.Terminal.Values;

/// <summary>
/// What a template can see. Scalars are <see cref="string"/>, <see cref="bool"/>, <see cref="long"/> and <see cref="double"/>; null is Go's
/// "no value"; everything else is one of the types in this folder. There is no reflection: objects say by themselves which fields they have.
/// </summary>
public interface IGoObject
{
    /// <summary>The Go type that errors name, such as "*formatter.ContainerContext".</summary>
    string TypeName { get; }

    /// <summary>Reads a field or calls a method; false where there is none of that name.</summary>
    /// <param name="arguments">Empty for a field.</param>
    bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value);

    /// <summary>Whether <paramref name="name"/> takes arguments.</summary>
    bool IsMethod(string name);

    /// <summary>The value as JSON.</summary>
    object? ToJsonValue();
}

/// <summary>A typed nil pointer: prints as &lt;nil&gt;, is false, and has no fields.</summary>
public sealed class GoNil
{
    private GoNil()
    {
    }

    public static GoNil Pointer { get; } = new();
}

/// <summary>A slice. A nil slice prints as [] and is null in JSON.</summary>
public sealed class GoList(IReadOnlyList<object?> items, bool isNil = false, string elementType = "string")
{
    public IReadOnlyList<object?> Items { get; } = items;

    public bool IsNil { get; } = isNil;

    /// <summary>Go's name for the elements' type, for errors and <c>%#v</c>.</summary>
    public string ElementType { get; } = elementType;
}

/// <summary>A map with string keys. Order of insertion is kept for JSON; printing and ranging sort by key as Go does.</summary>
public sealed class GoMap
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    /// <summary>True for map[string]interface {} (JSON without a known type).</summary>
    public bool IsUntyped { get; init; }

    public bool IsNil { get; init; }

    /// <summary>What <c>index</c> answers for a key that isn't there.</summary>
    public object? MissingValue { get; init; } = "";

    public int Count => _values.Count;

    public IEnumerable<KeyValuePair<string, object?>> Entries => _values;

    public IEnumerable<KeyValuePair<string, object?>> SortedEntries => _values.OrderBy(e => e.Key, StringComparer.Ordinal);

    public object? this[string key]
    {
        set => _values[key] = value;
    }

    public bool TryGet(string key, out object? value) => _values.TryGetValue(key, out value);
}

/// <summary>JSON that is written as it is.</summary>
public sealed record RawJson(string Text)
{
    public override string ToString() => Text;
}

/// <summary>Turns JSON into values without a known type, as Go's encoding/json does into interface {}.</summary>
public static class GoValues
{
    public static object? FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Map(element),
        JsonValueKind.Array => new GoList([.. element.EnumerateArray().Select(FromJson)], elementType: "interface {}"),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => Number(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => GoNil.Pointer,
    };

    /// <summary>A long where the number is one, else a double.</summary>
    public static object Number(JsonElement element) => element.TryGetInt64(out var integer) ? (object)integer : element.GetDouble();

    private static GoMap Map(JsonElement element)
    {
        var map = new GoMap { IsUntyped = true, MissingValue = null };
        foreach (var property in element.EnumerateObject())
        {
            map[property.Name] = FromJson(property.Value);
        }

        return map;
    }
}
