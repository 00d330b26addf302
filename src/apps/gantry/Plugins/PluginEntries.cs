using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Plugins;

/// <summary>CLI plugins as commands: a star in the list of commands, and runs.</summary>
internal static class PluginEntries
{
    /// <summary>What help lists; a plugin named as a command of ours is hidden by it, a broken one is left out.</summary>
    public static async Task<IReadOnlyList<CommandEntry>> ForHelpAsync(Cli cli, CommandEntry[] own, CancellationToken cancellationToken)
    {
        var plugins = CliPlugin.List(cli.Config).Where(p => !Array.Exists(own, e => e.Matches(p.Name))).ToList();
        var described = await Task.WhenAll(plugins.Select(p => p.DescribeAsync(cancellationToken)));
        return [.. plugins.Zip(described).Where(p => p.Second.Error is null).Select(p => new CommandEntry(p.First.Name, "", p.Second.ShortDescription)
        {
            Group = CommandGroup.Management, IsPlugin = true,
        })];
    }

    /// <summary>Becomes the plugin that a word names; returns where there is none.</summary>
    public static void TryBecome(Cli cli, string word, IReadOnlyList<string> arguments)
    {
        if (CliPlugin.Find(cli.Config, word) is not { } plugin)
        {
            return;
        }

        cli.Out.Flush();
        cli.Error.Flush();
        try
        {
            plugin.Become(Environment.GetCommandLineArgs()[0], arguments);
        }
        catch (Linux.LinuxException e)
        {
            throw new CliException($"{cli.Program}: {plugin.Path} can't be executed: {e.Message}", 1);
        }
    }
}
