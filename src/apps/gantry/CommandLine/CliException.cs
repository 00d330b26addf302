namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Ends the program with a message on stderr (none where it is empty) and an exit code.</summary>
internal sealed class CliException(string message, int exitCode) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
