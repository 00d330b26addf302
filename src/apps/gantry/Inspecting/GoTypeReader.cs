using System.Text.Json;
using Gantry.Terminal.Values;

namespace Gantry.Apps.Cli.Inspecting;

/// <summary>Gives JSON the Go types of <see cref="GoTypeTable"/>, so that templates see what they see in docker.</summary>
internal static class GoTypeReader
{
    private static readonly Dictionary<string, IReadOnlyList<Field>> s_types = [];

    /// <summary>Reads <paramref name="json"/> as a struct of the named type.</summary>
    public static GoStruct Read(string type, JsonElement json, bool isPointer = false)
    {
        var fields = new List<GoField>();
        foreach (var field in Fields(type))
        {
            fields.Add(new GoField(field.Name, field.JsonName, Value(field, json), field.OmitEmpty, field.IsEmbedded));
        }

        return new GoStruct(isPointer ? "*" + type : type, fields, isPointer ? Text(type, fields) : null);
    }

    /// <summary>Of the types in the table only limits print in words of their own.</summary>
    private static string? Text(string type, List<GoField> fields)
    {
        object? Value(string name) => fields.Find(f => f.Name == name).Value;
        return type == "units.Ulimit" ? $"{Value("Name")}={Value("Soft")}:{Value("Hard")}" : null;
    }

    private static object? Value(Field field, JsonElement json)
    {
        if (field.IsEmbedded)
        {
            return Read(field.Type.TrimStart('<', '*'), json);
        }

        var isThere = json.ValueKind == JsonValueKind.Object && field.JsonName.Length > 0 && json.TryGetProperty(field.JsonName, out var value) && value.ValueKind != JsonValueKind.Null;
        return isThere ? Convert(field.Type, json.GetProperty(field.JsonName)) : Zero(field.Type);
    }

    private static object? Convert(string type, JsonElement json) => (type[0], json.ValueKind) switch
    {
        ('*', JsonValueKind.Null) => GoNil.Pointer,
        ('*', JsonValueKind.Object) when type.Length > 2 => Read(type[1..], json, isPointer: true),
        ('*', _) => Convert(type[1..], json),
        ('[', JsonValueKind.Array) => new GoList([.. json.EnumerateArray().Select(item => Convert(type[1..], item))], elementType: Name(type[1..])),
        ('{', JsonValueKind.Object) => Map(type[1..], json),
        ('[' or '{', _) => Zero(type),
        (_, _) when type.Length == 1 => Scalar(type[0], json),
        (_, JsonValueKind.Object) => Read(type, json),
        _ => Zero(type),
    };

    private static object? Scalar(char type, JsonElement json) => (type, json.ValueKind) switch
    {
        ('s', JsonValueKind.String) => json.GetString(),
        ('t', JsonValueKind.String) => new GoTimestamp(json.GetString()!),
        ('i', JsonValueKind.Number) => GoValues.Number(json),
        ('f', JsonValueKind.Number) => json.GetDouble(),
        ('b', JsonValueKind.True or JsonValueKind.False) => json.GetBoolean(),
        ('e', _) => new GoStruct("struct {}", []),
        ('a', _) => GoValues.FromJson(json),
        (_, JsonValueKind.Null) => Zero(type.ToString()),

        // An engine that sends another kind than Docker's: show what it sends.
        _ => GoValues.FromJson(json),
    };

    private static GoMap Map(string element, JsonElement json)
    {
        var map = new GoMap { MissingValue = element[0] == '*' ? GoNil.Pointer : Zero(element) };
        foreach (var property in json.EnumerateObject())
        {
            map[property.Name] = property.Value.ValueKind == JsonValueKind.Null ? Zero(element) : Convert(element, property.Value);
        }

        return map;
    }

    private static object? Zero(string type) => type[0] switch
    {
        '*' => GoNil.Pointer,
        '[' => new GoList([], isNil: true, Name(type[1..])),
        '{' => new GoMap { IsNil = true, MissingValue = type[1] == '*' ? GoNil.Pointer : type[1] is '{' or '[' || type.Length == 2 ? Zero(type[1..]) : null },
        _ when type.Length > 1 => Read(type, default),
        's' => "",
        'i' => 0L,
        'f' => 0d,
        'b' => false,
        't' => new GoTimestamp(GoTimestamp.Zero),
        'e' => new GoStruct("struct {}", []),
        _ => GoNil.Pointer,
    };

    private static string Name(string type) => type[0] switch
    {
        '*' => "*" + Name(type[1..]),
        '[' => "[]" + Name(type[1..]),
        '{' => "map[string]" + Name(type[1..]),
        _ when type.Length > 1 => type,
        's' => "string",
        'i' => "int64",
        'f' => "float64",
        'b' => "bool",
        _ => "interface {}",
    };

    private static IReadOnlyList<Field> Fields(string type)
    {
        if (s_types.TryGetValue(type, out var known))
        {
            return known;
        }

        var start = GoTypeTable.Text.StartsWith(type + " ", StringComparison.Ordinal) ? 0 : GoTypeTable.Text.IndexOf($"\n{type} ", StringComparison.Ordinal) + 1;
        if (start == 0 && !GoTypeTable.Text.StartsWith(type + " ", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"no Go type {type}");
        }

        var end = GoTypeTable.Text.IndexOf('\n', start);
        var line = end < 0 ? GoTypeTable.Text[start..] : GoTypeTable.Text[start..end];
        return s_types[type] = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(Field.Parse)];
    }

    private sealed record Field(string Name, string JsonName, string Type, bool OmitEmpty)
    {
        public bool IsEmbedded => Type[0] == '<';

        public static Field Parse(string text)
        {
            var omit = text.EndsWith('?');
            text = text.TrimEnd('?');
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            var equals = text.IndexOf('=', colon);
            var name = text[..colon];
            var json = equals < 0 ? name : text[(equals + 1)..] is var given && given == "-" ? "" : given;
            return new Field(name, json, text[(colon + 1)..(equals < 0 ? text.Length : equals)], omit);
        }
    }
}
