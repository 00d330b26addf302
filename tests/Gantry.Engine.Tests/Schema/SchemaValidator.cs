using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace Gantry.Engine.Tests.Schema;

/// <summary>
/// Compares JSON with a schema of the specification: types, required properties, enums, formats, and no property that isn't documented. Null
/// stands for an empty list or map and for an object that isn't there, as Go writes them; of scalars only <c>x-nullable</c> ones may be null.
/// </summary>
internal sealed class SchemaValidator(Specification specification)
{
    internal IReadOnlyList<string> Validate(JsonNode? value, YamlNode schema)
    {
        var failures = new List<string>();
        Check(value, schema, string.Empty, failures);
        return failures;
    }

    private void Check(JsonNode? value, YamlNode unresolved, string at, List<string> failures)
    {
        var schema = specification.Resolve(unresolved);
        var type = Text(schema, "type") ?? (schema.Children.ContainsKey("properties") || schema.Children.ContainsKey("allOf") ? "object" : null);
        if (value is null)
        {
            if (type is not ("object" or "array" or null) && Text(schema, "x-nullable") != "true" && Text((YamlMappingNode)unresolved, "x-nullable") != "true")
            {
                failures.Add($"{at}: null for a {type}");
            }

            return;
        }

        switch (type)
        {
            case "object":
                CheckObject(value, schema, at, failures);
                break;
            case "array":
                CheckArray(value, schema, at, failures);
                break;
            case null:
                break;
            default:
                CheckScalar(value, type, schema, at, failures);
                break;
        }
    }

    private void CheckObject(JsonNode value, YamlMappingNode schema, string at, List<string> failures)
    {
        if (value is not JsonObject o)
        {
            failures.Add($"{at}: {value.GetValueKind()} for an object");
            return;
        }

        var (properties, required, open) = Collect(schema);
        foreach (var name in required.Where(r => !o.ContainsKey(r)))
        {
            failures.Add($"{at}.{name}: required and missing");
        }

        foreach (var (name, item) in o)
        {
            if (properties.TryGetValue(name, out var property))
            {
                Check(item, property, $"{at}.{name}", failures);
            }
            else if (open is YamlMappingNode additional && additional.Children.Count > 0)
            {
                Check(item, additional, $"{at}.*", failures);
            }
            else if (open is null && properties.Count > 0)
            {
                failures.Add($"{at}.{name}: not documented");
            }
        }
    }

    /// <summary>Properties and required names of a schema with everything it is composed of, and its additionalProperties.</summary>
    private (Dictionary<string, YamlNode> Properties, HashSet<string> Required, YamlNode? Open) Collect(YamlMappingNode schema)
    {
        var properties = new Dictionary<string, YamlNode>();
        var required = new HashSet<string>();
        schema.Children.TryGetValue("additionalProperties", out var open);
        foreach (var part in schema.Children.TryGetValue("allOf", out var all) ? (YamlSequenceNode)all : [])
        {
            var (more, needed, also) = Collect(specification.Resolve(part));
            foreach (var (name, property) in more)
            {
                properties[name] = property;
            }

            required.UnionWith(needed);
            open ??= also;
        }

        foreach (var (name, property) in schema.Children.TryGetValue("properties", out var own) ? (YamlMappingNode)own : [])
        {
            properties[name.ToString()] = property;
        }

        required.UnionWith(schema.Children.TryGetValue("required", out var names) ? ((YamlSequenceNode)names).Select(n => n.ToString()) : []);
        return (properties, required, open);
    }

    private void CheckArray(JsonNode value, YamlMappingNode schema, string at, List<string> failures)
    {
        if (value is not JsonArray list)
        {
            failures.Add($"{at}: {value.GetValueKind()} for a list");
            return;
        }

        foreach (var item in list)
        {
            Check(item, schema["items"], $"{at}[]", failures);
        }
    }

    private static void CheckScalar(JsonNode value, string type, YamlMappingNode schema, string at, List<string> failures)
    {
        var fits = (type, value.GetValueKind()) switch
        {
            ("string", JsonValueKind.String) => FitsFormat(value.GetValue<string>(), Text(schema, "format")),
            ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
            ("integer", JsonValueKind.Number) => FitsInteger(value.ToJsonString(), Text(schema, "format")),
            ("number", JsonValueKind.Number) => true,
            _ => false,
        };
        if (!fits)
        {
            failures.Add($"{at}: {value.ToJsonString()} for a {type} {Text(schema, "format")}");
        }

        if (schema.Children.TryGetValue("enum", out var allowed) && !((YamlSequenceNode)allowed).Any(a => a.ToString() == value.ToString()))
        {
            failures.Add($"{at}: {value.ToJsonString()} is not among the values");
        }
    }

    private static bool FitsFormat(string text, string? format) => format is not ("dateTime" or "date-time") || text.Length == 0
        || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out _);

    private static bool FitsInteger(string digits, string? format) => format switch
    {
        "uint64" => ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "uint32" => uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "uint16" => ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "uint8" => byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        _ => long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
    };

    private static string? Text(YamlMappingNode node, string name) => node.Children.TryGetValue(name, out var value) ? value.ToString() : null;
}
