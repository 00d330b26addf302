using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Plugins;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Completing;

/// <summary>
/// Answers <c>__complete WORD...</c> in the form that cobra's scripts expect, so that completion files written for docker work: a candidate a
/// line, its description behind a tab, at last ":" and the directive.
/// </summary>
internal static class Completer
{
    public const string Verb = "__complete";
    public const string VerbWithoutDescriptions = "__completeNoDesc";

    public static async Task<int> RunAsync(Cli cli, CommandPath root, FlagSet globals, IReadOnlyList<string> words, bool describe, CancellationToken cancellationToken)
    {
        var line = CompletionLine.Read(root, globals, words);
        if (line.Unknown is { } unknown && line.Path.Words.Count == 0)
        {
            PluginEntries.TryBecome(cli, unknown, [describe ? Verb : VerbWithoutDescriptions, .. words]);
        }

        var (candidates, directive) = await FindAsync(cli, line, cancellationToken);
        foreach (var candidate in candidates.Where(c => c.Word.StartsWith(line.Current, StringComparison.Ordinal)))
        {
            cli.Out.WriteLine(describe && candidate.Description.Length > 0 ? $"{candidate.Word}\t{candidate.Description}" : candidate.Word);
        }

        cli.Out.WriteLine($":{(int)directive}");
        cli.Error.WriteLine($"Completion ended with directive: {Name(directive)}");
        return 0;
    }

    private static async Task<Candidates> FindAsync(Cli cli, CompletionLine line, CancellationToken cancellationToken)
    {
        if (line.Unknown is not null)
        {
            return Candidates.Files;
        }

        try
        {
            if (line.Awaited is { } flag)
            {
                return await FlagCompletion.FindAsync(cli, line, flag, cancellationToken);
            }

            if (!line.FlagsEnded && line.Current.StartsWith('-'))
            {
                return new(Flags(line), CompletionDirective.NoFiles);
            }

            return line.Path.Entry.Children is { } children
                ? new(await CommandsAsync(cli, line, children(), cancellationToken), CompletionDirective.NoFiles)
                : await ArgumentCompletion.FindAsync(cli, line, cancellationToken);
        }
        catch (Exception e) when (e is GantryException or IOException or System.Net.Sockets.SocketException)
        {
            // No engine to ask. The line is not run yet, so nobody is told; the shell offers nothing.
            return new([], CompletionDirective.Error);
        }
    }

    private static async Task<IEnumerable<Candidate>> CommandsAsync(Cli cli, CompletionLine line, CommandEntry[] own, CancellationToken cancellationToken)
    {
        var plugins = line.Path.Words.Count == 0 ? await PluginEntries.ForHelpAsync(cli, own, cancellationToken) : [];
        return own.Where(c => !c.IsMissing && c.Group != CommandGroup.Hidden).Concat(plugins).DistinctBy(c => c.Name)
            .OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => new Candidate(c.Name, c.Summary));
    }

    /// <summary>Those not given yet, or that may be given again; the short forms only where one dash was typed.</summary>
    private static IEnumerable<Candidate> Flags(CompletionLine line)
    {
        foreach (var flag in line.Flags.All.Where(f => !f.IsHidden && f.Deprecated is null && (!f.Changed || f.IsRepeatable)).OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            yield return new Candidate($"--{flag.Name}", flag.Help);
            if (line.Current == "-" && flag.Shorthand != '\0')
            {
                yield return new Candidate($"-{flag.Shorthand}", flag.Help);
            }
        }
    }

    private static string Name(CompletionDirective directive)
    {
        var names = new[] { CompletionDirective.Error, CompletionDirective.NoSpace, CompletionDirective.NoFiles }
            .Where(d => directive.HasFlag(d)).Select(d => d == CompletionDirective.NoFiles ? "ShellCompDirectiveNoFileComp" : $"ShellCompDirective{d}").ToArray();
        return names.Length == 0 ? "ShellCompDirectiveDefault" : string.Join(", ", names);
    }
}
