using System.Text;

namespace Gantry.Dockerfile.Syntax;

/// <summary>Splits a line into words as Docker's Dockerfile parser does (moby/buildkit, frontend/dockerfile/parser).</summary>
internal static class WordSplitter
{
    /// <summary>Blanks between words; other white space counts as part of a word here.</summary>
    private const string Blanks = "\t\v\f\r ";

    /// <summary>Splits off the first word; the rest is null when there is only one.</summary>
    public static (string First, string? Remainder) SplitFirst(string text)
    {
        var start = text.AsSpan().IndexOfAny(Blanks);
        if (start < 0)
        {
            return (text, null);
        }

        var end = start;
        while (end < text.Length && Blanks.Contains(text[end], StringComparison.Ordinal))
        {
            end++;
        }

        return (text[..start], text[end..]);
    }

    /// <summary>Words between blanks, quotes meaning nothing.</summary>
    public static List<string> SplitOnBlanks(string text)
    {
        var words = new List<string>();
        for (string? rest = text; rest is not null;)
        {
            (var word, rest) = SplitFirst(rest);
            words.Add(word);
        }

        return words;
    }

    /// <summary>Words between white space; quotes and escapes join and stay in the words for the shell lexer to take off.</summary>
    public static List<string> SplitQuoted(string text, char escape)
    {
        var words = new List<string>();
        for (var position = 0; ReadQuoted(text, ref position, escape) is { } word;)
        {
            words.Add(word);
        }

        return words;
    }

    private static string? ReadQuoted(string text, ref int position, char escape)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }

        if (position == text.Length)
        {
            return null;
        }

        var word = new StringBuilder();
        var quote = '\0';
        for (; position < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[position])); position++)
        {
            var c = text[position];
            if (c == escape && quote != '\'')
            {
                // An escape at the very end of the line says nothing.
                if (position + 1 == text.Length)
                {
                    continue;
                }

                word.Append(c);
                c = text[++position];
            }
            else if (quote == '\0' && (c is '\'' or '"'))
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }

            word.Append(c);
        }

        return word.Length > 0 ? word.ToString() : null;
    }
}
