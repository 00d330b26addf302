using System.Text;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Help as docker lays it out.</summary>
/// <param name="features">What the engine does not have is left out.</param>
/// <param name="width">Columns of the terminal.</param>
internal sealed class HelpText(EngineFeatures features, int width)
{
    private static readonly (string Title, CommandGroup Group)[] s_groups =
    [
        ("Common Commands", CommandGroup.Common), ("Management Commands", CommandGroup.Management), ("Swarm Commands", CommandGroup.Swarm),
        ("Commands", CommandGroup.Other),
    ];

    public string For(CommandPath path, FlagSet flags)
    {
        var entry = path.Entry;
        var description = (entry.Description ?? entry.Summary).Replace("{program}", path.Program, StringComparison.Ordinal);
        var text = new StringBuilder().Append("Usage:  ").Append(path.UseLine).Append("\n\n").Append(description).Append('\n');
        if (entry.IsExperimental)
        {
            text.Append(Experimental(path.ToString()));
        }

        if (entry.Paths.Length > 0)
        {
            text.Append("\nAliases:\n  ").AppendJoin(", ", entry.Paths.Select(p => $"{path.Program} {p}")).Append('\n');
        }

        if (flags.All.Any(f => f.IsShown(features, path.Program)))
        {
            text.Append("\nOptions:\n").Append(FlagUsage.Format(flags, features, path.Program, width - 1));
        }

        if (entry.Children is { } children)
        {
            text.Append(Lists(children(), path.Program)).Append($"\nRun '{path} COMMAND --help' for more information on a command.\n");
        }

        return text.ToString();
    }

    public string Root(CommandPath path, FlagSet flags, IEnumerable<CommandEntry> plugins)
    {
        var text = new StringBuilder().Append("Usage:  ").Append(path.Program).Append(" [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n");
        return text.Append(Lists([.. path.Entry.Children!(), .. plugins], path.Program)).Append("\nGlobal Options:\n").Append(FlagUsage.Format(flags, features, path.Program, width - 1))
            .Append($"\nRun '{path.Program} COMMAND --help' for more information on a command.\n\n")
            .Append("For more help on how to use Docker, head to https://docs.docker.com/go/guides/\n").ToString();
    }

    private string Lists(IReadOnlyList<CommandEntry> entries, string program)
    {
        var text = new StringBuilder();
        var shown = entries.Where(e => features.Shows(e) && !(e.IsOwn && program == "docker")).ToList();
        var width = Math.Max(11, shown.Where(e => e.Group != CommandGroup.Hidden).Select(e => e.Name.Length + (e.IsPlugin ? 1 : 0)).DefaultIfEmpty().Max());
        foreach (var (title, group) in s_groups)
        {
            var listed = shown.Where(e => e.Group == group).ToList();
            if (group == CommandGroup.Management)
            {
                listed.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            }

            if (listed.Count > 0)
            {
                text.Append('\n').Append(title).Append(":\n");
                listed.ForEach(e => text.Append("  ").Append((e.Name + (e.IsPlugin ? "*" : "")).PadRight(width)).Append(' ').Append(e.Summary).Append('\n'));
            }
        }

        return text.ToString();
    }

    private static string Experimental(string path) =>
        $"""

        EXPERIMENTAL:
          {path} is an experimental feature.
          Experimental features provide early access to product functionality. These
          features may change between releases without warning, or can be removed from a
          future release. Learn more about experimental features in our documentation:
          https://docs.docker.com/go/experimental/

        """.ReplaceLineEndings("\n");
}
