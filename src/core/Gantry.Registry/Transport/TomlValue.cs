namespace Gantry.Registry.Transport;

/// <summary>The values that a hosts.toml has: strings, booleans, and arrays of these. Nothing else of TOML.</summary>
internal static class TomlValue
{
    private const int MaxDepth = 4;

    /// <summary>True when arrays are closed as often as opened, outside strings: the value goes on in the next line otherwise.</summary>
    internal static bool IsComplete(string text)
    {
        var (depth, quote) = (0, '\0');
        foreach (var c in text)
        {
            depth += quote != '\0' ? 0 : c == '[' ? 1 : c == ']' ? -1 : 0;
            quote = quote == '\0' ? c is '"' or '\'' ? c : quote : c == quote ? '\0' : quote;
        }

        return depth <= 0;
    }

    /// <summary>A string, a bool, or a list of such; null for anything else.</summary>
    internal static object? Parse(string text)
    {
        var at = 0;
        var value = Value(text, ref at, 0);
        Skip(text, ref at);
        return at == text.Length ? value : null;
    }

    /// <summary>Strings, of an array or alone; null when there is anything else.</summary>
    internal static IReadOnlyList<string>? Strings(object? value) => value switch
    {
        string one => [one],
        List<object> list when list.TrueForAll(item => item is string) => [.. list.Cast<string>()],
        _ => null,
    };

    private static object? Value(string text, ref int at, int depth)
    {
        Skip(text, ref at);
        if (at == text.Length || depth > MaxDepth)
        {
            return null;
        }

        return text[at] switch
        {
            '"' or '\'' => Quoted(text, ref at),
            '[' => Array(text, ref at, depth),
            _ => Word(text, ref at, "true") ? true : Word(text, ref at, "false") ? false : null,
        };
    }

    private static string? Quoted(string text, ref int at)
    {
        var end = text.IndexOf(text[at], at + 1);
        if (end < 0 || (text[at] == '"' && text.AsSpan(at, end - at).Contains('\\')))
        {
            // Escapes have no use in addresses and paths.
            return null;
        }

        var value = text[(at + 1)..end];
        at = end + 1;
        return value;
    }

    private static List<object>? Array(string text, ref int at, int depth)
    {
        var items = new List<object>();
        for (at++; ; at++)
        {
            Skip(text, ref at);
            if (at < text.Length && text[at] == ']')
            {
                at++;
                return items;
            }

            if (Value(text, ref at, depth + 1) is not { } item)
            {
                return null;
            }

            items.Add(item);
            Skip(text, ref at);
            if (at < text.Length && text[at] == ']')
            {
                at++;
                return items;
            }

            if (at == text.Length || text[at] != ',')
            {
                return null;
            }
        }
    }

    private static bool Word(string text, ref int at, string word)
    {
        var found = string.CompareOrdinal(text, at, word, 0, word.Length) == 0;
        at += found ? word.Length : 0;
        return found;
    }

    private static void Skip(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }
}
