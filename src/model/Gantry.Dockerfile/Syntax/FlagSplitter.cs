using System.Text;

namespace Gantry.Dockerfile.Syntax;

/// <summary>Takes the leading <c>--flag</c> words off an instruction's arguments and unquotes them.</summary>
internal static class FlagSplitter
{
    public static (IReadOnlyList<string> Flags, string Arguments) Split(string text)
    {
        var flags = new List<string>();
        var position = 0;
        while (true)
        {
            while (position < text.Length && char.IsWhiteSpace(text[position]))
            {
                position++;
            }

            if (!text.AsSpan(position).StartsWith("--"))
            {
                return (flags, text[position..]);
            }

            var flag = Read(text, ref position);
            if (flag == "--")
            {
                return (flags, text[position..]);
            }

            flags.Add(flag);
        }
    }

    /// <summary>Reads up to unquoted white space. Backslash escapes here whatever the escape directive says, as in Docker.</summary>
    private static string Read(string text, ref int position)
    {
        var flag = new StringBuilder();
        var quote = '\0';
        for (; position < text.Length; position++)
        {
            var c = text[position];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                break;
            }

            if (c == '\\')
            {
                if (position + 1 < text.Length)
                {
                    flag.Append(text[++position]);
                }
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && (c is '\'' or '"'))
            {
                quote = c;
            }
            else
            {
                flag.Append(c);
            }
        }

        return flag.ToString();
    }
}
