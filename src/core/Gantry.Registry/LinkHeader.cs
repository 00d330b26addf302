namespace Gantry.Registry;

/// <summary>Finds the next page in a <c>Link</c> header (RFC 8288): <c>&lt;target&gt;; rel="next"</c>.</summary>
internal static class LinkHeader
{
    internal static string? Next(IEnumerable<string> values) => values.Select(Next).FirstOrDefault(target => target is not null);

    private static string? Next(string value)
    {
        var rest = value.AsSpan();
        while (true)
        {
            var open = rest.IndexOf('<');
            var close = open < 0 ? -1 : rest[open..].IndexOf('>');
            if (close < 0)
            {
                return null;
            }

            var target = rest.Slice(open + 1, close - 1);
            rest = rest[(open + close + 1)..];
            var end = EndOfParameters(rest);
            if (IsNext(rest[..end]))
            {
                return target.ToString();
            }

            rest = rest[end..];
        }
    }

    /// <summary>A link's parameters end at a comma outside quotes.</summary>
    private static int EndOfParameters(ReadOnlySpan<char> text)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            quoted ^= text[i] == '"';
            if (text[i] == ',' && !quoted)
            {
                return i;
            }
        }

        return text.Length;
    }

    private static bool IsNext(ReadOnlySpan<char> parameters)
    {
        foreach (var part in parameters.Split(';'))
        {
            var parameter = parameters[part].Trim();
            var equals = parameter.IndexOf('=');
            if (equals > 0 && parameter[..equals].Trim().Equals("rel", StringComparison.OrdinalIgnoreCase))
            {
                return parameter[(equals + 1)..].Trim().Trim('"').Equals("next", StringComparison.OrdinalIgnoreCase);
            }
        }

        return false;
    }
}
