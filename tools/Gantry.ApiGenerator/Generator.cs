using System.Text;
using YamlDotNet.RepresentationModel;

namespace Gantry.ApiGenerator;

/// <summary>Turns the Engine API's Swagger 2.0 document into C# records. Every object schema becomes one file.</summary>
internal sealed class Generator
{
    private readonly Dictionary<string, YamlMappingNode> _definitions;
    private readonly Overrides _overrides;
    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _roots = new(StringComparer.Ordinal);

    private Generator(Dictionary<string, YamlMappingNode> definitions, Overrides overrides)
    {
        _definitions = definitions;
        _overrides = overrides;
    }

    /// <summary>File names and texts; the same input always gives the same text.</summary>
    internal static IReadOnlyDictionary<string, string> Generate(string specification, IEnumerable<string> overrides)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(specification));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var definitions = root.Map("definitions")!.Children.ToDictionary(c => c.Key.ToString(), c => (YamlMappingNode)c.Value);
        var generator = new Generator(definitions, new Overrides(overrides));
        foreach (var (name, schema) in definitions)
        {
            generator.Definition(name, schema);
        }

        foreach (var path in root.Map("paths")!.Children)
        {
            foreach (var operation in ((YamlMappingNode)path.Value).Children.Select(c => c.Value).OfType<YamlMappingNode>())
            {
                generator.Operation(operation);
            }
        }

        generator._files["ApiJson.cs"] = JsonContextWriter.Write(generator._roots);
        return generator._files;
    }

    private void Definition(string name, YamlMappingNode schema)
    {
        if (IsObject(schema))
        {
            _roots.Add(Record(name, schema));
        }
        else if (schema.Children.ContainsKey("enum") && schema.Text("type") == "string")
        {
            Constants(name, schema);
        }
    }

    /// <summary>Request bodies and answers that are written inline get the operation's name.</summary>
    private void Operation(YamlMappingNode operation)
    {
        var id = operation.Text("operationId");
        if (id is null)
        {
            return;
        }

        foreach (var parameter in operation.Sequence("parameters"))
        {
            if (parameter.Text("in") == "body" && parameter.Map("schema") is { } body)
            {
                Root(TypeOf(body, id + "Request"));
            }
        }

        foreach (var (status, response) in operation.Map("responses")?.Children.Select(c => (c.Key.ToString(), c.Value)) ?? [])
        {
            if (status[0] == '2' && (response as YamlMappingNode)?.Map("schema") is { } schema)
            {
                var title = schema.Text("title") ?? schema.Map("items")?.Text("title");
                Root(TypeOf(schema, title is null || title.Contains(' ', StringComparison.Ordinal) ? id + "Response" : title));
            }
        }
    }

    private void Root(string type)
    {
        if (type is not ("string" or "long" or "int" or "bool" or "double" or "JsonElement"))
        {
            _roots.Add(type);
        }
    }

    private string Record(string name, YamlMappingNode schema)
    {
        name = _overrides.NameOf(name);
        var properties = new List<(string Owner, string Json, YamlMappingNode Schema)>();
        Collect(name, schema, properties);
        var text = new StringBuilder();
        text.Append(FileHeader).Append(Documentation(schema, string.Empty))
            .Append($"public sealed partial record {name}\n{{\n");
        var first = true;
        var direct = new List<DirectProperty>();
        foreach (var property in _overrides.InOrder(name, WithTypes(name, properties), property => property.Json))
        {
            text.Append(first ? string.Empty : "\n").Append(property.Documentation);
            first = false;
            direct.Add(Property(text, name, property.Json, property.Type));
        }

        _files[name + ".cs"] = text.Append("}\n").ToString();
        _files[name + ".Direct.cs"] = DirectJsonWriter.Write(name, direct);
        return name;
    }

    /// <summary>The schema's properties, each once, and those that only real engines have.</summary>
    private List<(string Json, string Type, string Documentation)> WithTypes(string name, List<(string Owner, string Json, YamlMappingNode Schema)> properties)
    {
        var typed = properties.DistinctBy(property => property.Json).Select(property => (
            property.Json,
            _overrides.TypeOf(name, property.Json) ?? TypeOf(property.Schema, property.Owner + Names.Clr(property.Json)),
            Documentation(property.Schema, "    "))).ToList();
        var added = _overrides.Added(name).Where(a => typed.All(property => property.Json != a.Property));
        typed.AddRange(added.Select(a => (a.Property, a.ClrType, "    /// <summary>Not in the specification; a real engine sends it.</summary>\n")).ToList());
        return typed;
    }

    private DirectProperty Property(StringBuilder text, string owner, string json, string type)
    {
        text.Append($"    [JsonPropertyName(\"{json}\")]\n");
        var presence = _overrides.PresenceOf(owner, json);
        if (presence != Presence.WhenSet)
        {
            text.Append("    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]\n");
        }

        var isStringList = type == "List<string>" && json is "Cmd" or "Entrypoint" or "Shell" or "CapAdd" or "CapDrop";
        var zero = presence == Presence.AlwaysOrZero ? ZeroOf(type) : null;
        if (isStringList)
        {
            text.Append("    [JsonConverter(typeof(StringListConverter))]\n");
        }
        else if (zero is not null)
        {
            text.Append($"    [JsonConverter(typeof(GoZeroConverters.{Names.Clr(type)}))]\n");
        }

        var clr = Names.Clr(json);
        clr = clr == owner ? clr + "Value" : clr;
        text.Append($"    public {type}? {clr} {{ get; set; }}\n");
        return new DirectProperty(json, clr, type, isStringList, presence != Presence.WhenSet, zero);
    }

    /// <summary>How Go writes a scalar that was never set; null for what Go writes as null.</summary>
    private static string? ZeroOf(string type) => type switch
    {
        "string" => "WriteString(NAME, \"\"u8)",
        "bool" => "WriteBoolean(NAME, false)",
        "long" or "ulong" or "int" or "uint" or "double" => "WriteNumber(NAME, 0)",
        _ => null,
    };

    /// <summary>Properties of a schema with those of everything it is composed of (allOf), in document order.</summary>
    private void Collect(string owner, YamlMappingNode schema, List<(string, string, YamlMappingNode)> into)
    {
        if (schema.Text("$ref") is { } reference)
        {
            Collect(Names.OfReference(reference), _definitions[Names.OfReference(reference)], into);
        }

        foreach (var part in schema.Sequence("allOf"))
        {
            Collect(owner, part, into);
        }

        if (schema.Map("properties") is { } own)
        {
            foreach (var property in own.Children)
            {
                into.Add((owner, property.Key.ToString(), (YamlMappingNode)property.Value));
            }
        }
    }

    private string TypeOf(YamlMappingNode schema, string inlineName)
    {
        if (schema.Text("$ref") is { } reference)
        {
            var name = Names.OfReference(reference);
            return IsObject(_definitions[name]) ? _overrides.NameOf(name) : TypeOf(_definitions[name], name);
        }

        if (schema.Sequence("allOf").ToList() is { Count: > 0 } parts)
        {
            return parts is [var only] && schema.Map("properties") is null && only.Text("$ref") is not null
                ? TypeOf(only, inlineName)
                : Record(inlineName, schema);
        }

        return schema.Text("type") switch
        {
            "array" => $"List<{TypeOf(schema.Map("items")!, Names.Singular(inlineName))}>",
            "string" => "string",
            "boolean" => "bool",
            "number" => "double",
            "integer" => schema.Text("format") switch { "uint64" => "ulong", "int32" or "int16" or "int8" or "uint16" or "uint8" => "int", "uint32" => "uint", _ => "long" },
            "object" or null => ObjectType(schema, inlineName),
            var other => throw new FormatException($"{inlineName}: type {other}"),
        };
    }

    private string ObjectType(YamlMappingNode schema, string inlineName)
    {
        if (IsObject(schema))
        {
            return Record(inlineName, schema);
        }

        if (schema.Map("additionalProperties") is not { } values)
        {
            return "JsonElement";
        }

        if (values.Children.ContainsKey("enum") && values.Text("type") == "object")
        {
            return "Dictionary<string, EmptyObject>";
        }

        var value = TypeOf(values, Names.Singular(inlineName));
        return $"Dictionary<string, {value}{(value is "string" ? string.Empty : "?")}>";
    }

    private bool IsObject(YamlMappingNode schema) =>
        schema.Map("properties") is { Children.Count: > 0 } || (schema.Sequence("allOf").ToList() is { Count: > 0 } parts
            && (parts.Count > 1 || IsObject(Resolve(parts[0]))));

    private YamlMappingNode Resolve(YamlMappingNode schema) =>
        schema.Text("$ref") is { } reference ? _definitions[Names.OfReference(reference)] : schema;

    private void Constants(string name, YamlMappingNode schema)
    {
        var text = new StringBuilder(FileHeader.Replace("using System.Text.Json;\nusing System.Text.Json.Serialization;\n\n", string.Empty, StringComparison.Ordinal));
        name = _overrides.NameOf(name);
        text.Append(Documentation(schema, string.Empty)).Append($"public static class {name}Values\n{{\n");
        foreach (var value in ((YamlSequenceNode)schema.Children["enum"]).Select(v => v.ToString()).Where(v => v.Length > 0))
        {
            text.Append($"    public const string {Names.Clr(value)} = \"{value}\";\n");
        }

        _files[name + "Values.cs"] = text.Append("}\n").ToString();
    }

    private const string FileHeader =
        "// <auto-generated>By tools/Gantry.ApiGenerator from engine-api-v1.51.yaml; do not edit.</auto-generated>\n#nullable enable\n"
        + "using System.Text.Json;\nusing System.Text.Json.Serialization;\n\nnamespace Gantry.Api;\n\n";

    private static string Documentation(YamlMappingNode schema, string indent)
    {
        var description = schema.Text("description")?.Split("\n\n")[0].ReplaceLineEndings(" ").Trim();
        return string.IsNullOrEmpty(description)
            ? string.Empty
            : $"{indent}/// <summary>{System.Security.SecurityElement.Escape(description)}</summary>\n";
    }
}
