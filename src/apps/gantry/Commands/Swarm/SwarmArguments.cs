using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Commands.Swarm;

/// <summary>What docker checks of a swarm command before it asks the engine.</summary>
internal static class SwarmArguments
{
    /// <exception cref="CliException">A file isn't there, or an argument has not the form it must have.</exception>
    public static void Check(string path, CommandPath called, FlagSet flags, IReadOnlyList<string> arguments)
    {
        switch (path)
        {
            case "config create" when arguments[1] != "-" && !File.Exists(arguments[1]):
                throw new CliException($"Error reading content from \"{arguments[1]}\": error reading from {arguments[1]}: open {arguments[1]}: no such file or directory", 1);
            case "secret create" when arguments.Count > 1 && arguments[1] != "-" && !File.Exists(arguments[1]):
                throw new CliException($"error reading from {arguments[1]}: open {arguments[1]}: no such file or directory", 1);
            case "swarm update" when !flags.All.Any(f => f.Changed):
                throw new HelpWantedException();
            case "stack deploy" or "stack config":
                CheckFiles(((ListFlag<string>)flags.Find("compose-file")!).Values);
                break;
            case "service scale" when arguments.FirstOrDefault(a => !a.Contains('=', StringComparison.Ordinal)) is { } wrong:
                throw new CliException(
                    $"invalid scale specifier '{wrong}'.\nSee '{called} --help'.\n\nUsage:  {called.UseLine}\n\n{called.Entry.Summary}", 1);
        }
    }

    private static void CheckFiles(List<string> files)
    {
        if (files.Count == 0)
        {
            throw new CliException("Specify a Compose file (with --compose-file)", 1);
        }

        if (files.Find(f => f != "-" && !File.Exists(f)) is { } missing)
        {
            throw new CliException($"open {missing}: no such file or directory", 1);
        }
    }
}
