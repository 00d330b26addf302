using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Runtime.Spec;

/// <summary>Reads CDI files, JSON or YAML by their names.</summary>
internal static class CdiFile
{
    private const int MaxLength = 16 * 1024 * 1024;

    internal static bool HasName(string path) => path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".yaml", StringComparison.Ordinal);

    /// <summary>Parses and checks a file.</summary>
    /// <exception cref="InvalidDataException">It isn't what it should be; the message says why.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    internal static CdiSpec Read(string path)
    {
        if (new FileInfo(path).Length > MaxLength)
        {
            throw new InvalidDataException($"failed to read CDI Spec \"{path}\": it has more than {MaxLength} bytes");
        }

        try
        {
            var text = File.ReadAllText(path);
            var spec = path.EndsWith(".json", StringComparison.Ordinal)
                ? JsonSerializer.Deserialize(text, CdiJson.Default.CdiSpec)
                : ReadYaml(text).Deserialize(CdiJson.Default.CdiSpec);
            CdiRules.Check(spec ?? throw new InvalidDataException($"failed to parse CDI Spec \"{path}\", no Spec data"));
            return spec;
        }
        catch (Exception e) when (e is JsonException or YamlException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"failed to parse CDI Spec \"{path}\": {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"invalid CDI Spec \"{path}\": {e.Message}", e);
        }
    }

    private static JsonNode? ReadYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Count > 0 ? Convert(stream.Documents[0].RootNode, 0) : null;
    }

    /// <summary>Aliases can make a small file a huge tree; no CDI file is deep.</summary>
    private static JsonNode? Convert(YamlNode node, int depth)
    {
        const int MaxDepth = 16;
        if (depth > MaxDepth)
        {
            throw new FormatException("it is nested too deeply");
        }

        switch (node)
        {
            case YamlMappingNode map:
                var members = new JsonObject();
                foreach (var (key, value) in map.Children)
                {
                    members[((YamlScalarNode)key).Value ?? string.Empty] = Convert(value, depth + 1);
                }

                return members;
            case YamlSequenceNode list:
                var items = new JsonArray();
                foreach (var item in list.Children)
                {
                    items.Add(Convert(item, depth + 1));
                }

                return items;
            default:
                return Scalar((YamlScalarNode)node);
        }
    }

    /// <summary>A plain scalar that looks like something else than a string is that (YAML 1.1, which CDI's own reader speaks).</summary>
    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? string.Empty;
        if (scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" or "yes" or "on" => JsonValue.Create(true),
            "false" or "False" or "FALSE" or "no" or "off" => JsonValue.Create(false),
            _ => TryInteger(text, out var number) ? JsonValue.Create(number) : JsonValue.Create(text),
        };
    }

    private static bool TryInteger(string text, out long number)
    {
        number = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (text.Length > 1 && text[0] == '0' && text.Skip(1).All(c => c is >= '0' and <= '7'))
        {
            number = System.Convert.ToInt64(text, 8);
            return true;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }
}
