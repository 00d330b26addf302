using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Api;

namespace Gantry.Engine.Http.Routing;

/// <summary>Says which value of a well-formed JSON text has the wrong type, in the form Go's encoding/json says it.</summary>
internal static class GoJsonTypes
{
    /// <param name="json">A well-formed text.</param>
    /// <param name="path">Of the value, as <see cref="JsonException.Path"/> gives it: <c>$.HostConfig.Memory</c>.</param>
    internal static string Describe(ReadOnlyMemory<byte> json, JsonTypeInfo type, string? path)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = GoJsonSyntax.MaxDepth });
        var names = (path ?? "$").Split('.', '[')[1..];
        var (value, current) = (document.RootElement, type);
        var fields = new List<string>();
        foreach (var name in names)
        {
            if (fields.Count == 0 && value.ValueKind == JsonValueKind.Array && current.ElementType is { } element && int.TryParse(name.TrimEnd(']'), out var index))
            {
                (value, current) = (value[index], current.Options.GetTypeInfo(element));
                continue;
            }

            if (value.ValueKind != JsonValueKind.Object || current.Kind != JsonTypeInfoKind.Object || Property(current, name) is not { } property)
            {
                break;
            }

            fields.Add(property.Name);
            value = value.EnumerateObject().LastOrDefault(p => p.NameEquals(name)).Value;
            current = current.Options.GetTypeInfo(property.PropertyType);
        }

        var target = fields.Count == 0 ? $"Go value of type {GoName(current)}" : $"Go struct field {type.Type.Name}.{string.Join('.', fields)} of type {GoName(current)}";
        return $"json: cannot unmarshal {Kind(value, current)} into {target}";
    }

    private static JsonPropertyInfo? Property(JsonTypeInfo type, string name) =>
        type.Properties.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>A number that doesn't fit is told with its digits.</summary>
    private static string Kind(JsonElement value, JsonTypeInfo target) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => GoName(target).Contains("int", StringComparison.Ordinal) ? "number " + value.GetRawText() : "number",
        JsonValueKind.True or JsonValueKind.False => "bool",
        _ => "value",
    };

    private static string GoName(JsonTypeInfo info) => GoName(info.Type);

    private static string GoName(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare == typeof(string) ? "string"
            : bare == typeof(bool) ? "bool"
            : bare == typeof(long) ? "int64"
            : bare == typeof(int) ? "int"
            : bare == typeof(ulong) ? "uint64"
            : bare == typeof(uint) ? "uint32"
            : bare == typeof(double) ? "float64"
            : bare.IsGenericType && bare.GetGenericTypeDefinition() == typeof(List<>) ? "[]" + GoName(bare.GetGenericArguments()[0])
            : bare.IsGenericType && bare.GetGenericTypeDefinition() == typeof(Dictionary<,>) ? "map[string]" + GoName(bare.GetGenericArguments()[1])
            : bare.Name;
    }
}
