namespace Gantry.Apps.Cli.CommandLine;

/// <summary>
/// A line of the command table. Nothing of a command but this is made before it is called: its flags and its code come from
/// <see cref="Create"/>.
/// </summary>
/// <param name="Name">One word, as typed.</param>
/// <param name="Usage">What follows the path in the usage line: "[OPTIONS] IMAGE [COMMAND] [ARG...]".</param>
/// <param name="Summary">The line in the list of commands.</param>
internal sealed record CommandEntry(string Name, string Usage, string Summary) : IGated
{
    /// <summary>Makes the command and adds its flags; null for a group and for what is not there yet.</summary>
    public Func<FlagSet, Command>? Create { get; init; }

    /// <summary>The commands of a group.</summary>
    public Func<CommandEntry[]>? Children { get; init; }

    /// <summary>How many arguments there may be.</summary>
    public ArgumentRule Arguments { get; init; } = ArgumentRule.None;

    /// <summary>Other words for <see cref="Name"/>.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>All paths of the command without the program's name ("container run", "run"), as help lists them; empty for a single one.</summary>
    public string[] Paths { get; init; } = [];

    /// <summary>What help says in place of <see cref="Summary"/>.</summary>
    public string? Description { get; init; }

    /// <summary>False: flags end at the first argument, and all that follows is passed on.</summary>
    public bool Interspersed { get; init; } = true;

    /// <summary>True: flags, --help among them, are the business of the program that is called.</summary>
    public bool PassesFlags { get; init; }

    /// <summary>Whether help says that it may change.</summary>
    public bool IsExperimental { get; init; }

    /// <summary>Not docker's: left out of the help of a program that is called docker.</summary>
    public bool IsOwn { get; init; }

    /// <summary>A program of its own, found in the plugin directories.</summary>
    public bool IsPlugin { get; init; }

    public CommandGroup Group { get; init; } = CommandGroup.Other;

    /// <summary>The newest API version that an engine must have; null for any.</summary>
    public string? MinimumVersion { get; init; }

    public string? EngineSystem => null;

    public bool NeedsExperimental { get; init; }

    public string? NeedsSwarm { get; init; }

    /// <summary>Known by name, so that it is refused in its own words rather than as unknown.</summary>
    public bool IsMissing => Create is null && Children is null;

    public bool Matches(string word) => Name == word || Array.IndexOf(Aliases, word) >= 0;
}

/// <summary>The heading of the root help under which a command stands.</summary>
internal enum CommandGroup
{
    Other,
    Common,
    Management,
    Swarm,
    Hidden,
}

/// <summary>A command, made for one call.</summary>
internal abstract class Command
{
    /// <returns>The exit code.</returns>
    public abstract Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}
