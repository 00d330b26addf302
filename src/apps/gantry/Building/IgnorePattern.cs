namespace Gantry.Apps.Cli.Building;

/// <summary>
/// A pattern of .dockerignore: <c>*</c> and <c>?</c> stop at slashes, <c>**</c> does not, <c>[a-z]</c> is a class, a backslash takes the next
/// character as it is. Matching takes time proportional to pattern times path, whatever the pattern.
/// </summary>
internal sealed class IgnorePattern
{
    private readonly List<Token> _tokens = [];

    private IgnorePattern(string text, bool isException)
    {
        Text = text;
        IsException = isException;
    }

    private enum TokenKind
    {
        Literal,
        AnyCharacter,
        Star,
        DoubleStar,

        /// <summary><c>**/</c>: nothing, or anything up to a slash.</summary>
        AnyFolders,
        Class,
    }

    /// <summary>Without the exclamation mark.</summary>
    public string Text { get; }

    /// <summary>Whether what matches is taken back in ("!pattern").</summary>
    public bool IsException { get; }

    /// <summary>Reads a pattern; null where its syntax is wrong.</summary>
    public static IgnorePattern? Parse(string text)
    {
        var isException = text.StartsWith('!');
        var pattern = new IgnorePattern(isException ? text[1..] : text, isException);
        return pattern.Compile() ? pattern : null;
    }

    /// <summary>Whether the pattern matches the whole path.</summary>
    public bool Matches(ReadOnlySpan<char> path)
    {
        var current = new bool[path.Length + 1];
        current[0] = true;
        foreach (var token in _tokens)
        {
            var next = new bool[path.Length + 1];
            if (!Step(token, path, current, next))
            {
                return false;
            }

            current = next;
        }

        return current[path.Length];
    }

    /// <summary>From the positions that are reached to those after the token; false when there are none.</summary>
    private static bool Step(Token token, ReadOnlySpan<char> path, bool[] from, bool[] to)
    {
        var any = false;
        for (var i = 0; i < from.Length; i++)
        {
            if (!from[i])
            {
                continue;
            }

            switch (token.Kind)
            {
                case TokenKind.Literal or TokenKind.AnyCharacter or TokenKind.Class:
                    if (i < path.Length && token.Accepts(path[i]))
                    {
                        any = to[i + 1] = true;
                    }

                    break;
                case TokenKind.AnyFolders:
                    any = to[i] = true;
                    for (var j = i; j < path.Length; j++)
                    {
                        to[j + 1] |= path[j] == '/';
                    }

                    break;
                default:
                    any = to[i] = true;
                    for (var j = i; j < path.Length && (token.Kind == TokenKind.DoubleStar || path[j] != '/'); j++)
                    {
                        to[j + 1] = true;
                    }

                    break;
            }
        }

        return any;
    }

    private bool Compile()
    {
        for (var i = 0; i < Text.Length; i++)
        {
            switch (Text[i])
            {
                case '*' when i + 1 < Text.Length && Text[i + 1] == '*':
                    i++;
                    if (i + 1 < Text.Length && Text[i + 1] == '/')
                    {
                        i++;
                        _tokens.Add(new Token(TokenKind.AnyFolders));
                    }
                    else
                    {
                        _tokens.Add(new Token(TokenKind.DoubleStar));
                    }

                    break;
                case '*':
                    _tokens.Add(new Token(TokenKind.Star));
                    break;
                case '?':
                    _tokens.Add(new Token(TokenKind.AnyCharacter));
                    break;
                case '[':
                    if (!CompileClass(ref i))
                    {
                        return false;
                    }

                    break;
                case '\\':
                    if (++i == Text.Length)
                    {
                        return false;
                    }

                    _tokens.Add(new Token(TokenKind.Literal, Text[i]));
                    break;
                default:
                    _tokens.Add(new Token(TokenKind.Literal, Text[i]));
                    break;
            }
        }

        return true;
    }

    private bool CompileClass(ref int i)
    {
        var ranges = new List<(char First, char Last)>();
        var negated = i + 1 < Text.Length && Text[i + 1] == '^';
        i += negated ? 2 : 1;
        while (i < Text.Length && (Text[i] != ']' || ranges.Count == 0))
        {
            if (!TakeClassCharacter(ref i, out var first))
            {
                return false;
            }

            var last = first;
            if (i + 1 < Text.Length && Text[i] == '-' && Text[i + 1] != ']')
            {
                i++;
                if (!TakeClassCharacter(ref i, out last))
                {
                    return false;
                }
            }

            ranges.Add((first, last));
        }

        _tokens.Add(new Token(TokenKind.Class) { Ranges = ranges, IsNegated = negated });
        return i < Text.Length;
    }

    private bool TakeClassCharacter(ref int i, out char c)
    {
        c = '\0';
        if (i < Text.Length && Text[i] == '\\')
        {
            i++;
        }

        if (i >= Text.Length)
        {
            return false;
        }

        c = Text[i++];
        return true;
    }

    private readonly record struct Token(TokenKind Kind, char Character = '\0')
    {
        public List<(char First, char Last)>? Ranges { get; init; }

        public bool IsNegated { get; init; }

        public bool Accepts(char c) => Kind switch
        {
            TokenKind.Literal => c == Character,
            TokenKind.AnyCharacter => c != '/',
            _ => Ranges!.Exists(r => c >= r.First && c <= r.Last) != IsNegated,
        };
    }
}
