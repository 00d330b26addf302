using System.Text;

namespace Gantry.Dockerfile.Syntax;

/// <summary>
/// A Dockerfile as a list of nodes. Line by line as Docker's parser (moby/buildkit, frontend/dockerfile/parser): comments and empty
/// lines between continued lines vanish, an escape at a line's end joins the next, an escaped escape does not.
/// </summary>
internal sealed class SyntaxTree
{
    private readonly ParserDirectives _directives = new();
    private readonly List<SyntaxNode> _nodes = [];
    private readonly List<DockerfileWarning> _warnings = [];
    private readonly LineReader _lines;

    private SyntaxTree(string text) => _lines = new LineReader(text);

    public char Escape => _directives.Escape;

    public IReadOnlyDictionary<string, string> Directives => _directives.Values;

    public IReadOnlyList<SyntaxNode> Nodes => _nodes;

    public IReadOnlyList<DockerfileWarning> Warnings => _warnings;

    public static SyntaxTree? TryParse(string text, out DockerfileError? error)
    {
        var tree = new SyntaxTree(text);
        var start = 1;
        try
        {
            while (tree.ReadInstruction(ref start))
            {
            }

            error = tree._nodes.Count > 0 ? null : Failure("file with no instructions", new SourceRange(tree._lines.Number, tree._lines.Number));
        }
        catch (SyntaxException e)
        {
            error = Failure(e.Message, new SourceRange(start, Math.Max(start, tree._lines.Number)));
        }

        return error is null ? tree : null;
    }

    private static DockerfileError Failure(string message, SourceRange range) => new(ParsedDockerfile.FailurePrefix + message, range);

    private bool ReadInstruction(ref int start)
    {
        if (_lines.Next() is not { } first)
        {
            return false;
        }

        start = _lines.Number;
        first = first.TrimStart();
        _directives.Offer(first);
        if (IsComment(first) || first.Length == 0)
        {
            return true;
        }

        var line = Join(first, out var hasEmptyLine);
        if (line.Length == 0)
        {
            return true;
        }

        if (hasEmptyLine)
        {
            _warnings.Add(new DockerfileWarning($"Empty continuation line found in: {line}", new SourceRange(start, _lines.Number)));
        }

        var node = NodeParser.Parse(line, Escape);
        var heredocs = HeredocReader.MayHave(node) ? HeredocReader.Read(line, _lines) : [];
        _nodes.Add(node with { Heredocs = heredocs, Range = new SourceRange(start, _lines.Number) });
        return true;
    }

    private string Join(string first, out bool hasEmptyLine)
    {
        hasEmptyLine = false;
        var joined = new StringBuilder();
        var more = Append(joined, first);
        while (more && _lines.Next() is { } next)
        {
            if (IsComment(next))
            {
                continue;
            }

            if (string.IsNullOrWhiteSpace(next))
            {
                hasEmptyLine = true;
                continue;
            }

            more = Append(joined, next);
        }

        return joined.ToString();
    }

    /// <summary>Appends a line without its continuation mark; true when it had one.</summary>
    private bool Append(StringBuilder joined, string line)
    {
        var end = line.AsSpan().TrimEnd(" \t").Length;
        var continues = end > 0 && line[end - 1] == Escape && (end == 1 || line[end - 2] != Escape);
        joined.Append(continues ? line.AsSpan(0, end - 1) : line);
        return continues;
    }

    private static bool IsComment(string line) => line.AsSpan().TrimStart().StartsWith("#");
}
