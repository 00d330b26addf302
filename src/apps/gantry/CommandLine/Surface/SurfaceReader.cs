using System.Globalization;
using Gantry.Apps.Cli.Formatting;

namespace Gantry.Apps.Cli.CommandLine.Surface;

/// <summary>
/// Reads groups of commands from the text files beside this: a line <c># group command | usage | arguments | summary</c> opens a command, a
/// line <c>aliases a, b</c> gives its other names, and every other line is a flag as help shows it.
/// </summary>
internal static class SurfaceReader
{
    /// <param name="file">"swarm" or "plugins".</param>
    /// <param name="make">The command's code; the flags of the file are added where it says so.</param>
    public static CommandEntry[] Group(string file, string group, Func<string, SurfaceCommand> make)
    {
        var entries = new List<CommandEntry>();
        foreach (var block in Text(file).Split("\n# ", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = block.TrimStart('#', ' ').Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var head = lines[0].Split(" | ");
            var (parent, name) = (head[0][..head[0].LastIndexOf(' ')], head[0][(head[0].LastIndexOf(' ') + 1)..]);
            if (parent == group)
            {
                // The usage itself may have bars.
                var usage = string.Join(" | ", head[1..^2]);
                entries.Add(Entry(group, name, usage, head[^2], head[^1], lines[1..], make(head[0])));
            }
        }

        return [.. entries];
    }

    private static CommandEntry Entry(string group, string name, string usage, string arguments, string summary, string[] lines, SurfaceCommand code)
    {
        var aliases = lines is [var first, ..] && first.StartsWith("aliases ", StringComparison.Ordinal) ? first["aliases ".Length..].Split(", ") : [];
        var flagLines = aliases.Length > 0 ? lines[1..] : lines;
        return new CommandEntry(name, usage, summary)
        {
            Aliases = aliases,
            Paths = aliases.Length > 0 ? [.. new[] { name }.Concat(aliases).Select(a => $"{group} {a}")] : [],
            Arguments = Rule(arguments),
            Interspersed = !usage.Contains("[ARG...]", StringComparison.Ordinal),
            NeedsSwarm = (group, name) is ("swarm", not ("init" or "join")) ? name == "leave" ? "active" : "manager" : null,
            Create = flags =>
            {
                if (code.HasOwnFlags)
                {
                    return code.Make(flags);
                }

                foreach (var line in flagLines)
                {
                    Add(flags, line, name == "inspect");
                }

                return code.Make(flags);
            },
        };
    }

    private static ArgumentRule Rule(string text)
    {
        if (text.EndsWith('+'))
        {
            return ArgumentRule.AtLeast(Number(text[..^1]));
        }

        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? ArgumentRule.Exactly(Number(text)) : ArgumentRule.Between(Number(text[..dash]), Number(text[(dash + 1)..]));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>A flag such as "-l --label list  Service labels".</summary>
    private static void Add(FlagSet flags, string line, bool inspect)
    {
        if (line == "--format")
        {
            flags.String("format", inspect ? FormatHelp.Inspect : FormatHelp.List, inspect ? 'f' : '\0');
            return;
        }

        var gap = line.IndexOf("  ", StringComparison.Ordinal);
        var words = line[..gap].Split(' ').ToList();
        var shorthand = words[0].Length == 2 ? words[0][1] : '\0';
        if (shorthand != '\0')
        {
            words.RemoveAt(0);
        }

        var type = words.Count > 1 ? words[1].Split('@') : [""];
        flags.Add(new ListFlag<string>(words[0][2..], shorthand, type[0], line[(gap + 2)..], (list, text) => list.Add(Checked(type[0], text)))
        {
            Bare = type[0].Length == 0 ? "true" : null, MinimumVersion = type.Length > 1 ? type[1] : null,
        });
    }

    private static string Checked(string type, string text)
    {
        _ = type switch
        {
            "" => FlagValues.Boolean(text) ? 1 : 0,
            "int" => FlagValues.Integer(text),
            "uint" => (long)FlagValues.Unsigned(text),
            "uint32" => (long)FlagValues.Unsigned(text, 32),
            "duration" => FlagValues.Duration(text),
            "bytes" => FlagValues.Bytes(text),
            "decimal" => FlagValues.NanoCpus(text),
            _ => 0,
        };
        return text;
    }

    private static string Text(string file)
    {
        using var stream = typeof(SurfaceReader).Assembly.GetManifestResourceStream($"{file}.txt")
            ?? throw new InvalidOperationException($"{file}.txt is not in the program");
        using var reader = new StreamReader(stream);
        return "\n" + reader.ReadToEnd();
    }
}

/// <summary>The code of a command whose surface is in a text file.</summary>
/// <param name="HasOwnFlags">Whether the command adds its flags itself.</param>
internal sealed record SurfaceCommand(Func<FlagSet, Command> Make, bool HasOwnFlags);
