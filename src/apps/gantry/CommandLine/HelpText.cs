using System.Text;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Help as docker lays it out.</summary>
internal static class HelpText
{
    /// <param name="width">Columns of the terminal.</param>
    public static string For(CommandPath path, FlagSet flags, int width)
    {
        var entry = path.Entry;
        var text = new StringBuilder().Append("Usage:  ").Append(path.UseLine).Append("\n\n")
            .Append((entry.Description ?? entry.Summary).Replace("{program}", path.Program, StringComparison.Ordinal)).Append('\n');
        if (entry.Paths.Length > 0)
        {
            text.Append("\nAliases:\n  ").AppendJoin(", ", entry.Paths.Select(p => $"{path.Program} {p}")).Append('\n');
        }

        if (flags.All.Any(f => !f.IsHidden))
        {
            text.Append("\nOptions:\n").Append(FlagUsage.Format(flags, width - 1));
        }

        if (entry.Children is { } children)
        {
            text.Append("\nCommands:\n").Append(List(children().Where(c => !c.IsMissing && c.Group != CommandGroup.Hidden)))
                .Append($"\nRun '{path} COMMAND --help' for more information on a command.\n");
        }

        return text.ToString();
    }

    public static string Root(CommandPath path, FlagSet flags, int width)
    {
        var entries = path.Entry.Children!().Where(c => !c.IsMissing).ToList();
        var text = new StringBuilder().Append("Usage:  ").Append(path.Program).Append(" [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n");
        foreach (var (title, group) in (ReadOnlySpan<(string, CommandGroup)>)[
            ("Common Commands", CommandGroup.Common), ("Management Commands", CommandGroup.Management), ("Swarm Commands", CommandGroup.Swarm),
            ("Commands", CommandGroup.Other)])
        {
            var listed = entries.Where(e => e.Group == group).ToList();
            if (listed.Count > 0)
            {
                text.Append('\n').Append(title).Append(":\n").Append(List(listed));
            }
        }

        return text.Append("\nGlobal Options:\n").Append(FlagUsage.Format(flags, width - 1))
            .Append($"\nRun '{path.Program} COMMAND --help' for more information on a command.\n\n")
            .Append("For more help on how to use Docker, head to https://docs.docker.com/go/guides/\n").ToString();
    }

    private static string List(IEnumerable<CommandEntry> entries)
    {
        const int NameWidth = 11;
        var text = new StringBuilder();
        foreach (var entry in entries)
        {
            text.Append("  ").Append(entry.Name.PadRight(NameWidth)).Append(' ').Append(entry.Summary).Append('\n');
        }

        return text.ToString();
    }
}
