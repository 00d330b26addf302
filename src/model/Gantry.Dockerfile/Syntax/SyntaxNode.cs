namespace Gantry.Dockerfile.Syntax;

/// <summary>One instruction before it is understood: its word, flags and arguments as the line gives them.</summary>
internal sealed record SyntaxNode
{
    /// <summary>The instruction's word as written.</summary>
    public required string Keyword { get; init; }

    /// <summary>The whole logical line: continuations joined, comments between them left out.</summary>
    public required string Original { get; init; }

    /// <summary>The <c>--flag</c> words before the arguments, unquoted.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Arguments. ENV and LABEL give key and value in turn; ONBUILD the words of its trigger.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>True when the arguments came from a JSON array.</summary>
    public bool IsJson { get; init; }

    /// <summary>The trigger of an ONBUILD.</summary>
    public SyntaxNode? Trigger { get; init; }

    public IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    public SourceRange Range { get; init; }
}
