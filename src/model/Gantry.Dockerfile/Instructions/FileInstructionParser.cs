namespace Gantry.Dockerfile.Syntax;

/// <summary>ADD and COPY.</summary>
internal static class FileInstructionParser
{
    public static CopyInstruction Copy(SyntaxNode node)
    {
        CheckCount(node);
        var flags = new FlagReader(node, "chown", "from", "chmod", "link?", "parents?", "exclude*");
        return (CopyInstruction)Common(new CopyInstruction { From = flags.Text("from"), Parents = flags.Boolean("parents") ?? false }, node, flags);
    }

    public static AddInstruction Add(SyntaxNode node)
    {
        CheckCount(node);
        var flags = new FlagReader(node, "chown", "chmod", "link?", "keep-git-dir?", "checksum", "exclude*", "unpack?");
        var add = new AddInstruction
        {
            Checksum = flags.Text("checksum"),
            KeepGitDir = flags.Boolean("keep-git-dir") ?? false,
            Unpack = flags.Boolean("unpack"),
        };
        return (AddInstruction)Common(add, node, flags);
    }

    private static CopyingInstruction Common(CopyingInstruction instruction, SyntaxNode node, FlagReader flags)
    {
        var names = node.Heredocs.Select(h => h.Name).ToHashSet();
        return instruction with
        {
            Sources = node.Arguments.SkipLast(1).Where(s => node.IsJson || HeredocReader.ParseHead(s) is not { } head || !names.Contains(head.Name)).ToList(),
            Heredocs = node.Heredocs,
            Destination = node.Arguments[^1],
            Chown = flags.Text("chown"),
            Chmod = flags.Text("chmod"),
            Link = flags.Boolean("link") ?? false,
            Exclude = flags.Texts("exclude"),
        };
    }

    private static void CheckCount(SyntaxNode node)
    {
        var keyword = node.Keyword.ToUpperInvariant();
        if (node.Arguments.Count < 2)
        {
            throw new SyntaxException($"{keyword} requires at least two arguments, but only one was provided. Destination could not be determined");
        }

        if (node.Heredocs.Count > 0 && !node.IsJson && HeredocReader.ParseHead(node.Arguments[^1]) is not null)
        {
            throw new SyntaxException($"{keyword} cannot accept a heredoc as a destination");
        }
    }
}
