using Gantry.Errors;
using Gantry.Terminal.Units;

namespace Gantry.Terminal.Templates;

/// <summary>Turns tokens into nodes; the grammar and the error texts are those of Go's text/template/parse.</summary>
internal sealed partial class Parser
{
    private const int MaximumDepth = 200;

    private readonly string _name;
    private readonly List<Token> _tokens;
    private readonly FunctionSet _functions;
    private readonly List<string> _variables = ["$"];
    private int _next;
    private int _rangeDepth;
    private int _depth;

    private Parser(string name, List<Token> tokens, FunctionSet functions)
    {
        _name = name;
        _tokens = tokens;
        _functions = functions;
    }

    public Dictionary<string, IReadOnlyList<Node>> Definitions { get; } = new(StringComparer.Ordinal);

    /// <exception cref="GantryException">InvalidArgument with Go's text, without any prefix such as "template parsing error: ".</exception>
    public static (IReadOnlyList<Node> Root, Dictionary<string, IReadOnlyList<Node>> Definitions) Parse(string name, string text, FunctionSet functions)
    {
        var parser = new Parser(name, Lexer.Scan(text), functions);
        return (parser.ParseRoot(), parser.Definitions);
    }

    private List<Node> ParseRoot()
    {
        var nodes = new List<Node>();
        while (Peek().Kind != TokenKind.EndOfText)
        {
            switch (ParseTextOrAction())
            {
                case { } node when node is EndNode or ElseNode:
                    throw Error($"unexpected {node}");
                case { } node:
                    nodes.Add(node);
                    break;
                case null:
                    break;
            }
        }

        return nodes;
    }

    /// <summary>A node, or null for a definition, which leaves nothing in its place.</summary>
    private Node? ParseTextOrAction()
    {
        var token = NextNonSpace();
        if (token.Kind == TokenKind.Text)
        {
            return new TextNode(token.Position, token.Text);
        }

        if (token.Kind != TokenKind.LeftDelimiter)
        {
            throw Unexpected(token, "input");
        }

        return ParseAction();
    }

    private (List<Node> Nodes, Node End) ParseList()
    {
        if (++_depth > MaximumDepth)
        {
            throw Error("template is nested too deeply");
        }

        var nodes = new List<Node>();
        while (PeekNonSpace().Kind != TokenKind.EndOfText)
        {
            var node = ParseTextOrAction();
            if (node is EndNode or ElseNode)
            {
                _depth--;
                return (nodes, node);
            }

            if (node is not null)
            {
                nodes.Add(node);
            }
        }

        throw Error("unexpected EOF");
    }

    private PipeNode ParsePipeline(string context, TokenKind end)
    {
        if (++_depth > MaximumDepth)
        {
            throw Error("template is nested too deeply");
        }

        var position = PeekNonSpace().Position;
        var (variables, isAssignment) = ParseDeclarations(context);
        var commands = new List<CommandNode>();
        while (true)
        {
            var token = NextNonSpace();
            if (token.Kind == end)
            {
                _depth--;
                return Checked(new PipeNode(position, variables, isAssignment, commands), context);
            }

            if (!StartsOperand(token.Kind))
            {
                throw Unexpected(token, context);
            }

            _next--;
            commands.Add(ParseCommand());
        }
    }

    private PipeNode Checked(PipeNode pipe, string context)
    {
        if (pipe.Commands.Count == 0)
        {
            throw Error($"missing value for {context}");
        }

        for (var stage = 1; stage < pipe.Commands.Count; stage++)
        {
            if (pipe.Commands[stage].Arguments[0] is LiteralNode or DotNode or NilNode)
            {
                throw Error($"non executable command in pipeline stage {stage + 1}");
            }
        }

        return pipe;
    }

    private (List<VariableNode> Variables, bool IsAssignment) ParseDeclarations(string context)
    {
        var variables = new List<VariableNode>();
        while (PeekNonSpace().Kind == TokenKind.Variable)
        {
            SkipSpace();
            var start = _next;
            var variable = _tokens[_next++];
            var following = NextNonSpace();
            if (following.Kind is TokenKind.Assign or TokenKind.Declare)
            {
                Declare(variables, variable);
                return (variables, following.Kind == TokenKind.Assign);
            }

            if (following.Kind != TokenKind.Comma)
            {
                _next = start;
                return (variables, false);
            }

            Declare(variables, variable);
            if (context != "range" || variables.Count >= 2)
            {
                throw Error($"too many declarations in {context}");
            }

            if (PeekNonSpace().Kind is not (TokenKind.Variable or TokenKind.RightDelimiter or TokenKind.RightParenthesis))
            {
                throw Error("range can only initialize variables");
            }
        }

        return (variables, false);
    }

    private void Declare(List<VariableNode> variables, Token token)
    {
        variables.Add(new VariableNode(token.Position, [token.Text]));
        _variables.Add(token.Text);
    }

    private CommandNode ParseCommand()
    {
        var arguments = new List<Node>();
        var position = PeekNonSpace().Position;
        while (true)
        {
            PeekNonSpace();
            if (ParseOperand() is { } operand)
            {
                arguments.Add(operand);
            }

            var token = Next();
            switch (token.Kind)
            {
                case TokenKind.Space:
                    continue;
                case TokenKind.RightDelimiter or TokenKind.RightParenthesis:
                    _next--;
                    break;
                case TokenKind.Pipe:
                    break;
                default:
                    throw Unexpected(token, "operand");
            }

            return arguments.Count > 0 ? new CommandNode(position, arguments) : throw Error("empty command");
        }
    }

    private Node? ParseOperand()
    {
        var node = ParseTerm();
        if (node is null || Peek().Kind != TokenKind.Field)
        {
            return node;
        }

        var position = Peek().Position;
        var names = new List<string>();
        while (Peek().Kind == TokenKind.Field)
        {
            names.Add(Next().Text[1..]);
        }

        return node switch
        {
            FieldNode field => new FieldNode(position, [.. field.Names, .. names]),
            VariableNode variable => new VariableNode(position, [.. variable.Names, .. names]),
            LiteralNode or NilNode or DotNode => throw Error($"unexpected . after term {Quoting.Quote(node.ToString())}"),
            _ => new ChainNode(position, node, names),
        };
    }

    private Node? ParseTerm()
    {
        var token = NextNonSpace();
        switch (token.Kind)
        {
            case TokenKind.Identifier:
                return _functions.Contains(token.Text)
                    ? new IdentifierNode(token.Position, token.Text)
                    : throw Error($"function {Quoting.Quote(token.Text)} not defined");
            case TokenKind.Dot:
                return new DotNode(token.Position);
            case TokenKind.Nil:
                return new NilNode(token.Position);
            case TokenKind.Variable:
                return _variables.Contains(token.Text)
                    ? new VariableNode(token.Position, [token.Text])
                    : throw Error($"undefined variable {Quoting.Quote(token.Text)}");
            case TokenKind.Field:
                return new FieldNode(token.Position, [token.Text[1..]]);
            case TokenKind.LeftParenthesis:
                return ParsePipeline("parenthesized pipeline", TokenKind.RightParenthesis);
            case TokenKind.Boolean or TokenKind.Number or TokenKind.CharacterConstant or TokenKind.String or TokenKind.RawString:
                return ParseLiteral(token);
            default:
                _next--;
                return null;
        }
    }

    private LiteralNode ParseLiteral(Token token)
    {
        switch (token.Kind)
        {
            case TokenKind.Boolean:
                return new LiteralNode(token.Position, token.Text == "true", token.Text);
            case TokenKind.Number when GoLiterals.TryParseNumber(token.Text, out var number):
                return new LiteralNode(token.Position, number, token.Text);
            case TokenKind.String or TokenKind.RawString when GoLiterals.TryUnquote(token.Text, out var text):
                return new LiteralNode(token.Position, text, token.Text);
            case TokenKind.CharacterConstant when GoLiterals.TryUnquote(token.Text, out var text) && text.EnumerateRunes().Count() == 1:
                return new LiteralNode(token.Position, (long)text.EnumerateRunes().First().Value, token.Text);
            default:
                throw Error(token.Kind == TokenKind.CharacterConstant ? $"malformed character constant: {token.Text}" : "invalid syntax");
        }
    }
}
