using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Completing;

/// <summary>
/// A command line that is being typed, read as far as it goes: the command, what was given before the cursor, and the word at the cursor. What
/// would be an error in a whole line is passed over.
/// </summary>
internal sealed class CompletionLine
{
    private CompletionLine(CommandPath path, FlagSet globals)
    {
        Path = path;
        Flags = globals;
    }

    public CommandPath Path { get; private set; }

    /// <summary>Those that may stand at the cursor: of the command, or before any command the global ones.</summary>
    public FlagSet Flags { get; private set; }

    public List<string> Arguments { get; } = [];

    /// <summary>The word at the cursor; empty at the start of one.</summary>
    public string Current { get; private set; } = "";

    /// <summary>The flag whose value is at the cursor.</summary>
    public Flag? Awaited { get; private set; }

    /// <summary>Nothing more is read as a flag.</summary>
    public bool FlagsEnded { get; private set; }

    /// <summary>The first word that is no command of ours.</summary>
    public string? Unknown { get; private set; }

    /// <param name="words">Without the program; the last one is that at the cursor.</param>
    public static CompletionLine Read(CommandPath root, FlagSet globals, IReadOnlyList<string> words)
    {
        var line = new CompletionLine(root, globals);
        var last = words.Count - 1;
        for (var i = 0; i < last && line.Unknown is null; i++)
        {
            line.Take(words[i], last - i > 1 ? words[i + 1] : null, ref i);
        }

        line.Current = last >= 0 ? words[last] : "";
        var mark = line.Current.IndexOf('=', StringComparison.Ordinal);
        if (line.Awaited is null && !line.FlagsEnded && mark > 0 && line.Current.StartsWith("--", StringComparison.Ordinal))
        {
            line.Awaited = line.Flags.Find(line.Current[2..mark]);
            line.Current = line.Current[(mark + 1)..];
        }

        return line;
    }

    private void Take(string word, string? next, ref int index)
    {
        if (!FlagsEnded && word == "--")
        {
            FlagsEnded = true;
        }
        else if (!FlagsEnded && word.Length > 1 && word[0] == '-')
        {
            TakeFlag(word, next, ref index);
        }
        else if (Path.Entry.Children is { } children)
        {
            Descend(Array.Find(children(), c => c.Matches(word)), word);
        }
        else
        {
            Arguments.Add(word);
            FlagsEnded |= !Path.Entry.Interspersed;
        }
    }

    private void Descend(CommandEntry? entry, string word)
    {
        if (entry is null)
        {
            Unknown = word;
            return;
        }

        Path = Path.Child(entry);
        Flags = new FlagSet();
        entry.Create?.Invoke(Flags);
        FlagsEnded = entry.PassesFlags;
    }

    private void TakeFlag(string word, string? next, ref int index)
    {
        var isLong = word[1] == '-';
        var mark = word.IndexOf('=', StringComparison.Ordinal);
        var flag = isLong ? Flags.Find(mark < 0 ? word[2..] : word[2..mark]) : LastShorthand(mark < 0 ? word : word[..mark], out mark);
        if (flag is null)
        {
            return;
        }

        if (mark >= 0)
        {
            Give(flag, word[mark..].TrimStart('='));
        }
        else if (flag.ValueWhenBare is { } bare)
        {
            Give(flag, bare);
        }
        else if (next is not null)
        {
            Give(flag, next);
            index++;
        }
        else
        {
            Awaited = flag;
        }
    }

    /// <summary>Of "-itd" the switches are given; the flag that takes a value, or the last one, is returned, and where in the word its value begins.</summary>
    private Flag? LastShorthand(string word, out int mark)
    {
        mark = -1;
        Flag? flag = null;
        for (var i = 1; i < word.Length; i++)
        {
            flag = Flags.Find(word[i]);
            if (flag is null || flag.ValueWhenBare is null)
            {
                mark = flag is not null && i + 1 < word.Length ? i + 1 : -1;
                return flag;
            }

            if (i + 1 < word.Length)
            {
                Give(flag, flag.ValueWhenBare);
            }
        }

        return flag;
    }

    private static void Give(Flag flag, string value)
    {
        try
        {
            flag.Set(value);
        }
        catch (GantryException)
        {
            // The whole line will say so.
        }
    }
}
