using Gantry.Errors;

namespace Gantry.Terminal.Templates;

/// <summary>Actions that start with a keyword, and the token cursor.</summary>
internal sealed partial class Parser
{
    private Node? ParseAction()
    {
        var token = NextNonSpace();
        if (token.Kind != TokenKind.Keyword)
        {
            _next--;
            var position = Peek().Position;
            return new ActionNode(position, ParsePipeline("command", TokenKind.RightDelimiter));
        }

        switch (token.Text)
        {
            case "if":
                return ParseBranch(token, BranchKind.If);
            case "with":
                return ParseBranch(token, BranchKind.With);
            case "range":
                return ParseBranch(token, BranchKind.Range);
            case "end":
                Expect(TokenKind.RightDelimiter, "end");
                return new EndNode(token.Position);
            case "else":
                return ParseElse(token);
            case "template":
                return ParseTemplate();
            case "define":
                ParseDefinition();
                return null;
            case "block":
                return ParseBlock(token);
            default:
                return ParseJump(token);
        }
    }

    private Node ParseJump(Token token)
    {
        var after = NextNonSpace();
        if (after.Kind != TokenKind.RightDelimiter)
        {
            throw Unexpected(after, $"{{{{{token.Text}}}}}");
        }

        if (_rangeDepth == 0)
        {
            throw Error($"{{{{{token.Text}}}}} outside {{{{range}}}}");
        }

        return token.Text == "break" ? new BreakNode(token.Position) : new ContinueNode(token.Position);
    }

    private ElseNode ParseElse(Token token)
    {
        var after = PeekNonSpace();
        if (after is { Kind: TokenKind.Keyword, Text: "if" or "with" })
        {
            return new ElseNode(token.Position, after.Text);
        }

        Expect(TokenKind.RightDelimiter, "else");
        return new ElseNode(token.Position, null);
    }

    private BranchNode ParseBranch(Token token, BranchKind kind)
    {
        var context = token.Text;
        var known = _variables.Count;
        var position = PeekNonSpace().Position;
        var pipe = ParsePipeline(context, TokenKind.RightDelimiter);
        _rangeDepth += kind == BranchKind.Range ? 1 : 0;
        var (then, end) = ParseList();
        _rangeDepth -= kind == BranchKind.Range ? 1 : 0;
        List<Node>? otherwise = null;
        if (end is ElseNode { Chained: { } chained })
        {
            otherwise = [ParseChained(context, chained)];
        }
        else if (end is ElseNode)
        {
            (otherwise, end) = ParseList();
            if (end is not EndNode)
            {
                throw Error($"expected end; found {end}");
            }
        }

        _variables.RemoveRange(known, _variables.Count - known);
        return new BranchNode(position, kind, pipe, then, otherwise);
    }

    /// <summary><c>{{else if}}</c> shares the end of the action it continues.</summary>
    private BranchNode ParseChained(string context, string chained)
    {
        if (context != chained)
        {
            throw Unexpected(NextNonSpace(), "else");
        }

        var keyword = NextNonSpace();
        return ParseBranch(keyword, chained == "if" ? BranchKind.If : BranchKind.With);
    }

    private TemplateNode ParseTemplate()
    {
        var name = ParseName("template clause");
        PipeNode? pipe = null;
        var position = _tokens[_next - 1].Position;
        if (NextNonSpace().Kind != TokenKind.RightDelimiter)
        {
            _next--;
            pipe = ParsePipeline("template clause", TokenKind.RightDelimiter);
        }

        return new TemplateNode(position, name, pipe);
    }

    private void ParseDefinition()
    {
        var name = ParseName("define clause");
        Expect(TokenKind.RightDelimiter, "define clause");
        Define(name);
    }

    private TemplateNode ParseBlock(Token token)
    {
        var name = ParseName("block clause");
        var pipe = ParsePipeline("block clause", TokenKind.RightDelimiter);
        Define(name);
        return new TemplateNode(token.Position, name, pipe);
    }

    private void Define(string name)
    {
        var outer = _variables.ToArray();
        var depth = _rangeDepth;
        _variables.RemoveRange(1, _variables.Count - 1);
        _rangeDepth = 0;
        var (body, end) = ParseList();
        if (end is not EndNode)
        {
            throw Error($"unexpected {end} in define clause");
        }

        Definitions[name] = body;
        _variables.Clear();
        _variables.AddRange(outer);
        _rangeDepth = depth;
    }

    private string ParseName(string context)
    {
        var token = NextNonSpace();
        return token.Kind is TokenKind.String or TokenKind.RawString && GoLiterals.TryUnquote(token.Text, out var name)
            ? name
            : throw Unexpected(token, context);
    }

    private static bool StartsOperand(TokenKind kind) => kind is TokenKind.Boolean or TokenKind.CharacterConstant or TokenKind.Dot or TokenKind.Field
        or TokenKind.Identifier or TokenKind.Number or TokenKind.Nil or TokenKind.RawString or TokenKind.String or TokenKind.Variable
        or TokenKind.LeftParenthesis;

    private Token Peek() => _tokens[Math.Min(_next, _tokens.Count - 1)];

    private Token Next()
    {
        var token = Peek();
        _next++;
        return token;
    }

    private void SkipSpace()
    {
        while (Peek().Kind == TokenKind.Space)
        {
            _next++;
        }
    }

    private Token PeekNonSpace()
    {
        SkipSpace();
        return Peek();
    }

    private Token NextNonSpace()
    {
        SkipSpace();
        return Next();
    }

    private void Expect(TokenKind kind, string context)
    {
        var token = NextNonSpace();
        if (token.Kind != kind)
        {
            throw Unexpected(token, context);
        }
    }

    private GantryException Unexpected(Token token, string context) =>
        Error(token.Kind == TokenKind.Error ? token.Text : $"unexpected {token.Describe()} in {context}");

    private GantryException Error(string message)
    {
        var line = _tokens[Math.Clamp(_next - 1, 0, _tokens.Count - 1)].Line;
        return GantryException.InvalidArgument($"template: {_name}:{line}: {message}");
    }
}
