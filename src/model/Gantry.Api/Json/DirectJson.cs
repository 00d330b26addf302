using System.Text.Json;

namespace Gantry.Api;

/// <summary>Reads one value at the reader's current token and leaves the reader on its last token.</summary>
public delegate T ReadValue<T>(ref Utf8JsonReader reader);

/// <summary>
/// What the generated ReadFrom and WriteTo methods share. They serve processes that live for milliseconds (the CLI); whoever reads many values
/// may as well use <see cref="ApiJson"/>. Wrong shapes are <see cref="JsonException"/>s.
/// </summary>
public static class DirectJson
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 64 };

    /// <summary>Parses a whole document.</summary>
    /// <exception cref="JsonException">It is no JSON, or not of this shape, or more follows.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, ReadValue<T> read)
    {
        var reader = new Utf8JsonReader(json, s_options);
        reader.Read();
        var result = read(ref reader);
        return reader.Read() ? throw new JsonException("data after the value") : result;
    }

    /// <summary>Parses a document that is a list.</summary>
    /// <inheritdoc cref="Parse"/>
    public static List<T> ParseList<T>(ReadOnlySpan<byte> json, ReadValue<T?> read)
        where T : class =>
        Parse(json, (ref Utf8JsonReader reader) => ReadList(ref reader, (ref Utf8JsonReader r) => read(ref r) ?? throw Null())) ?? [];

    /// <summary>Enters an object; false for null.</summary>
    public static bool StartObject(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => true,
        JsonTokenType.Null => false,
        _ => throw Unexpected(reader.TokenType, "an object"),
    };

    /// <summary>Goes to the next property's name; false at the object's end.</summary>
    public static bool NextProperty(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType != JsonTokenType.EndObject;

    /// <summary>Skips the value of the property the reader stands on.</summary>
    public static void Skip(ref Utf8JsonReader reader) => reader.Skip();

    public static string? ReadString(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => throw Unexpected(reader.TokenType, "a string"),
    };

    public static bool? ReadBoolean(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        _ => throw Unexpected(reader.TokenType, "a boolean"),
    };

    public static long? ReadInt64(ref Utf8JsonReader reader) =>
        !IsNumber(ref reader) ? null : reader.TryGetInt64(out var value) ? value : throw new JsonException("number out of range");

    public static ulong? ReadUInt64(ref Utf8JsonReader reader) =>
        !IsNumber(ref reader) ? null : reader.TryGetUInt64(out var value) ? value : throw new JsonException("number out of range");

    public static int? ReadInt32(ref Utf8JsonReader reader) =>
        !IsNumber(ref reader) ? null : reader.TryGetInt32(out var value) ? value : throw new JsonException("number out of range");

    public static uint? ReadUInt32(ref Utf8JsonReader reader) =>
        !IsNumber(ref reader) ? null : reader.TryGetUInt32(out var value) ? value : throw new JsonException("number out of range");

    public static double? ReadDouble(ref Utf8JsonReader reader) => IsNumber(ref reader) ? reader.GetDouble() : null;

    public static JsonElement? ReadElement(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null ? null : JsonElement.ParseValue(ref reader);

    /// <summary>A list; null for null.</summary>
    public static List<T>? ReadList<T>(ref Utf8JsonReader reader, ReadValue<T> read)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Unexpected(reader.TokenType, "a list");
        }

        var result = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            result.Add(read(ref reader));
        }

        return result;
    }

    /// <summary>Go's strslice: one string or a list of them.</summary>
    public static List<string>? ReadStringOrList(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? [reader.GetString()!] : ReadList(ref reader, (ref Utf8JsonReader r) => ReadString(ref r) ?? throw Null());

    /// <summary>An object whose properties are data; null for null.</summary>
    public static Dictionary<string, T>? ReadMap<T>(ref Utf8JsonReader reader, ReadValue<T> read)
    {
        if (!StartObject(ref reader))
        {
            return null;
        }

        var result = new Dictionary<string, T>();
        while (NextProperty(ref reader))
        {
            var name = reader.GetString()!;
            reader.Read();
            result[name] = read(ref reader);
        }

        return result;
    }

    public static void WriteList<T>(Utf8JsonWriter writer, List<T> list, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray();
        foreach (var item in list)
        {
            WriteItem(writer, item, write);
        }

        writer.WriteEndArray();
    }

    public static void WriteMap<T>(Utf8JsonWriter writer, Dictionary<string, T> map, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartObject();
        foreach (var (name, item) in map)
        {
            writer.WritePropertyName(name);
            WriteItem(writer, item, write);
        }

        writer.WriteEndObject();
    }

    public static JsonException Null() => new("null where a value is needed");

    private static void WriteItem<T>(Utf8JsonWriter writer, T item, Action<Utf8JsonWriter, T> write)
    {
        if (item is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            write(writer, item);
        }
    }

    private static bool IsNumber(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => true,
        JsonTokenType.Null => false,
        _ => throw Unexpected(reader.TokenType, "a number"),
    };

    private static JsonException Unexpected(JsonTokenType found, string wanted) => new($"expected {wanted}, found {found}");
}
