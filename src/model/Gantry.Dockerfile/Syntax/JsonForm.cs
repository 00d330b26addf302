using System.Text;
using System.Text.Json;

namespace Gantry.Dockerfile.Syntax;

/// <summary>The exec form: a JSON array of strings. What is not JSON is the shell form.</summary>
internal static class JsonForm
{
    /// <summary>The strings, or null when the text is not a JSON array.</summary>
    public static List<string>? TryParse(string text)
    {
        text = text.TrimStart();
        if (!text.StartsWith('['))
        {
            return null;
        }

        try
        {
            // As Docker's decoder: the first value counts, what follows it is not looked at.
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.EnumerateArray().Select(Text).ToList();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            throw new SyntaxException("when using JSON array syntax, arrays must be comprised of strings only");
        }

        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, which Go reads as the replacement character.
            return Unescape(element.GetRawText()[1..^1]);
        }
    }

    private static string Unescape(string raw)
    {
        var text = new StringBuilder();
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            var c = raw[++i];
            if (c == 'u')
            {
                text.Append((char)Convert.ToInt32(raw.Substring(i + 1, 4), 16));
                i += 4;
                continue;
            }

            text.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => c });
        }

        // Encoding to UTF-8 and back replaces what is no character.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
