namespace Gantry.Apps.Cli.CommandLine;

/// <summary>A command that has nothing to do as it was called: its help is printed, and all is well.</summary>
internal sealed class HelpWantedException : Exception;
