namespace Gantry.Apps.Cli.CommandLine;

/// <summary>A command as it was called: program, words, and the entry they led to.</summary>
internal sealed record CommandPath(string Program, IReadOnlyList<string> Words, CommandEntry Entry)
{
    /// <summary>The usage line, such as "docker run [OPTIONS] IMAGE [COMMAND] [ARG...]".</summary>
    public string UseLine => Entry.Usage.Length == 0 ? ToString() : $"{this} {Entry.Usage.Replace("{program}", Program, StringComparison.Ordinal)}";

    public CommandPath Child(CommandEntry entry) => new(Program, [.. Words, entry.Name], entry);

    public override string ToString() => Words.Count == 0 ? Program : $"{Program} {string.Join(' ', Words)}";
}
