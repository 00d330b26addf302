using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Plugins;

/// <summary>"aliases" of config.json: which plugin does the builder's work.</summary>
internal static class Aliases
{
    private const string Builder = "builder";

    /// <summary>The arguments for the plugin that a call goes to; null where it stays here.</summary>
    /// <param name="arguments">All arguments, global flags first.</param>
    /// <param name="words">The arguments from the command on.</param>
    /// <exception cref="GantryException">An alias that may not be.</exception>
    public static (CliPlugin Plugin, IReadOnlyList<string> Arguments)? Resolve(ConfigFile config, CommandEntry[] own, IReadOnlyList<string> arguments, List<string> words)
    {
        foreach (var (name, target) in config.Aliases)
        {
            if (name != Builder)
            {
                throw GantryException.InvalidArgument($"not allowed to alias \"{name}\" (allowed: map[string]struct {{}}{{\"builder\":struct {{}}{{}}}})");
            }

            if (Array.Exists(own, e => e.Matches(target)))
            {
                throw GantryException.InvalidArgument($"not allowed to alias with builtin \"{target}\" as target");
            }
        }

        if (!config.Aliases.TryGetValue(Builder, out var builder) || Environment.GetEnvironmentVariable("DOCKER_BUILDKIT") is "0" or "false")
        {
            return null;
        }

        var rest = words switch
        {
            ["builder", .. var after] => after,
            ["build", .. var after] => ["build", .. after],
            ["image", "build", .. var after] => ["build", .. after],
            _ => (List<string>?)null,
        };
        var globals = arguments.Take(arguments.Count - words.Count);
        return rest is not null && CliPlugin.Find(config, builder) is { } plugin ? (plugin, [.. globals, builder, .. rest]) : null;
    }
}
