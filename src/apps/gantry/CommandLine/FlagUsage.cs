using System.Text;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>The table of flags in help, wrapped to the terminal as pflag wraps it.</summary>
internal static class FlagUsage
{
    private const int LeastWrap = 24;
    private const int BlockIndent = 16;
    private const int Slop = 5;

    public static string Format(FlagSet flags, EngineFeatures features, string program, int width)
    {
        var rows = flags.All.Where(f => f.IsShown(features, program)).OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => (Left: Left(f), Right: Right(f))).ToList();
        var column = rows.Count == 0 ? 0 : rows.Max(r => r.Left.Length) + 3;
        var text = new StringBuilder();
        foreach (var (left, right) in rows)
        {
            text.Append(left.PadRight(column)).Append(Wrap(right, column, width)).Append('\n');
        }

        return text.ToString();
    }

    private static string Left(Flag flag)
    {
        var name = flag.Shorthand == '\0' ? $"      --{flag.Name}" : $"  -{flag.Shorthand}, --{flag.Name}";
        return flag.TypeName.Length > 0 ? $"{name} {flag.TypeName}" : name;
    }

    private static string Right(Flag flag) => flag.DefaultText is { } text ? $"{flag.Help} (default {text})" : flag.Help;

    private static string Wrap(string text, int indent, int width)
    {
        var result = new StringBuilder();
        var room = width - indent;
        if (room < LeastWrap)
        {
            indent = BlockIndent;
            room = width - indent;
            result.Append('\n').Append(' ', indent);
        }

        if (room < LeastWrap)
        {
            return text.Replace("\n", result.ToString(), StringComparison.Ordinal);
        }

        room -= Slop;
        var first = true;
        while (first || text.Length > 0)
        {
            if (!first)
            {
                result.Append('\n').Append(' ', indent);
            }

            first = false;
            result.Append(Take(ref text, room).Replace("\n", "\n" + new string(' ', indent), StringComparison.Ordinal));
        }

        return result.ToString();
    }

    /// <summary>Takes a line of at most <paramref name="room"/> characters; a short end may hang over.</summary>
    private static string Take(ref string text, int room)
    {
        if (room + Slop > text.Length)
        {
            return Rest(ref text);
        }

        var head = text.AsSpan(0, room);
        var space = head.LastIndexOfAny(" \t\n");
        if (space <= 0)
        {
            return Rest(ref text);
        }

        var newLine = head.LastIndexOf('\n');
        var end = newLine > 0 && newLine < space ? newLine : space;
        var line = text[..end];
        text = text[(end + 1)..];
        return line;
    }

    private static string Rest(ref string text)
    {
        var line = text;
        text = "";
        return line;
    }
}
