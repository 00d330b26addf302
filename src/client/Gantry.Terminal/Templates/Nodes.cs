using Gantry.Terminal.Units;

namespace Gantry.Terminal.Templates;

/// <summary>A node of a parsed template. <see cref="object.ToString"/> gives the source form that Go's errors quote.</summary>
internal abstract record Node(int Position);

internal sealed record TextNode(int Position, string Text) : Node(Position)
{
    public override string ToString() => Text;
}

/// <summary>A pipeline whose value is written (or, with declarations, only assigned).</summary>
internal sealed record ActionNode(int Position, PipeNode Pipe) : Node(Position)
{
    public override string ToString() => $"{{{{{Pipe}}}}}";
}

internal enum BranchKind
{
    If,
    With,
    Range,
}

internal sealed record BranchNode(int Position, BranchKind Kind, PipeNode Pipe, IReadOnlyList<Node> Then, IReadOnlyList<Node>? Else) : Node(Position)
{
    public override string ToString() => $"{{{{{(Kind switch { BranchKind.If => "if", BranchKind.With => "with", _ => "range" })} {Pipe}}}}}";
}

internal sealed record TemplateNode(int Position, string Name, PipeNode? Pipe) : Node(Position)
{
    public override string ToString() => Pipe is null ? $"{{{{template {Quoting.Quote(Name)}}}}}" : $"{{{{template {Quoting.Quote(Name)} {Pipe}}}}}";
}

internal sealed record BreakNode(int Position) : Node(Position)
{
    public override string ToString() => "{{break}}";
}

internal sealed record ContinueNode(int Position) : Node(Position)
{
    public override string ToString() => "{{continue}}";
}

/// <summary>Ends a list of nodes; only the parser sees it.</summary>
internal sealed record EndNode(int Position) : Node(Position)
{
    public override string ToString() => "{{end}}";
}

/// <summary>Starts the other branch; only the parser sees it.</summary>
internal sealed record ElseNode(int Position, string? Chained) : Node(Position)
{
    public override string ToString() => "{{else}}";
}

/// <summary>Commands joined by <c>|</c>, with the variables that receive the result.</summary>
internal sealed record PipeNode(int Position, IReadOnlyList<VariableNode> Variables, bool IsAssignment, IReadOnlyList<CommandNode> Commands) : Node(Position)
{
    public override string ToString()
    {
        var commands = string.Join(" | ", Commands);
        return Variables.Count == 0 ? commands : $"{string.Join(", ", Variables)} {(IsAssignment ? "=" : ":=")} {commands}";
    }
}

internal sealed record CommandNode(int Position, IReadOnlyList<Node> Arguments) : Node(Position)
{
    public override string ToString() => string.Join(' ', Arguments.Select(a => a is PipeNode ? $"({a})" : a.ToString()));
}

internal sealed record IdentifierNode(int Position, string Name) : Node(Position)
{
    public override string ToString() => Name;
}

/// <summary><c>$name.Field.Field</c>; the first name includes the dollar sign.</summary>
internal sealed record VariableNode(int Position, IReadOnlyList<string> Names) : Node(Position)
{
    public override string ToString() => string.Join('.', Names);
}

/// <summary><c>.Field.Field</c>.</summary>
internal sealed record FieldNode(int Position, IReadOnlyList<string> Names) : Node(Position)
{
    public override string ToString() => "." + string.Join('.', Names);
}

/// <summary>Fields of a parenthesised pipeline or function: <c>(index .X 0).Field</c>.</summary>
internal sealed record ChainNode(int Position, Node Inner, IReadOnlyList<string> Names) : Node(Position)
{
    public override string ToString() => $"{(Inner is PipeNode ? $"({Inner})" : Inner)}.{string.Join('.', Names)}";
}

internal sealed record DotNode(int Position) : Node(Position)
{
    public override string ToString() => ".";
}

internal sealed record NilNode(int Position) : Node(Position)
{
    public override string ToString() => "nil";
}

/// <summary>A literal; <paramref name="Source"/> is how it was written.</summary>
internal sealed record LiteralNode(int Position, object Value, string Source) : Node(Position)
{
    public override string ToString() => Source;
}
