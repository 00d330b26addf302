namespace Gantry.Dockerfile.Syntax;

/// <summary>RUN with its flags and heredocs.</summary>
internal static class RunParser
{
    public static RunInstruction Parse(SyntaxNode node)
    {
        var flags = new FlagReader(node, "mount*", "network", "security");
        return new RunInstruction(InstructionParser.Command(node))
        {
            Heredocs = node.Heredocs,
            Mounts = flags.Texts("mount").Select(MountParser.Parse).ToList(),
            Network = OneOf(flags, "network", "default", "none", "host"),
            Security = OneOf(flags, "security", "sandbox", "insecure"),
        };
    }

    private static string OneOf(FlagReader flags, string name, params string[] values)
    {
        var value = flags.Text(name);
        return value.Length == 0 || values.Contains(value) ? value : throw new SyntaxException($"invalid {name} mode {GoText.Quote(value)}");
    }
}
