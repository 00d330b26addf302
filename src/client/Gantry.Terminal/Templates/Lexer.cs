using System.Globalization;

namespace Gantry.Terminal.Templates;

/// <summary>Splits a Go template into tokens. The first thing that is wrong ends the list with an <see cref="TokenKind.Error"/> token.</summary>
internal sealed class Lexer
{
    private const string Left = "{{";
    private const string Right = "}}";
    private static readonly HashSet<string> s_keywords = new(StringComparer.Ordinal)
    {
        "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with",
    };

    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _line = 1;
    private int _parentheses;

    private Lexer(string text)
    {
        _text = text;
    }

    public static List<Token> Scan(string text)
    {
        var lexer = new Lexer(text);
        while (lexer.ScanText() && lexer.ScanAction())
        {
        }

        return lexer._tokens;
    }

    /// <summary>Text up to the next action, trimmed where the action says so; false at the end.</summary>
    private bool ScanText()
    {
        var start = _position;
        var end = _text.IndexOf(Left, start, StringComparison.Ordinal);
        var text = end < 0 ? _text[start..] : _text[start..end];
        if (end >= 0 && HasLeftTrim(end + 2))
        {
            text = text.TrimEnd(' ', '\t', '\r', '\n');
        }

        if (text.Length > 0)
        {
            Add(TokenKind.Text, start, text);
        }

        _line += Lines(_text.AsSpan(start, (end < 0 ? _text.Length : end) - start));
        _position = end < 0 ? _text.Length : end;
        if (end < 0)
        {
            Add(TokenKind.EndOfText, _position, "");
        }

        return end >= 0;
    }

    /// <summary>One action with its delimiters, or a comment; false after an error.</summary>
    private bool ScanAction()
    {
        var start = _position;
        var trim = HasLeftTrim(start + 2) ? 2 : 0;
        if (At(start + 2 + trim).StartsWith("/*", StringComparison.Ordinal))
        {
            return ScanComment(start, trim);
        }

        Add(TokenKind.LeftDelimiter, start, Left);
        _position = start + 2 + trim;
        _parentheses = 0;
        while (true)
        {
            if (IsRightDelimiter(_position, out var length))
            {
                return EndAction(length);
            }

            if (_position >= _text.Length || !ScanInside())
            {
                return _tokens[^1].Kind == TokenKind.Error ? false : Fail("unclosed action");
            }
        }
    }

    private bool EndAction(int length)
    {
        if (_parentheses > 0)
        {
            return Fail("unclosed left paren");
        }

        Add(TokenKind.RightDelimiter, _position + (length - 2), Right);
        _position += length;
        SkipTrimmed(length > 2);
        return true;
    }

    private bool ScanComment(int start, int trim)
    {
        var end = _text.IndexOf("*/", start + 2 + trim, StringComparison.Ordinal);
        if (end < 0)
        {
            return Fail("unclosed comment");
        }

        _line += Lines(_text.AsSpan(start, end + 2 - start));
        _position = end + 2;
        if (!IsRightDelimiter(_position, out var length))
        {
            return Fail("comment ends before closing delimiter");
        }

        _position += length;
        SkipTrimmed(length > 2);
        return true;
    }

    private void SkipTrimmed(bool trimmed)
    {
        while (trimmed && _position < _text.Length && _text[_position] is ' ' or '\t' or '\r' or '\n')
        {
            _line += _text[_position] == '\n' ? 1 : 0;
            _position++;
        }
    }

    private bool ScanInside()
    {
        var c = _text[_position];
        return c switch
        {
            ' ' or '\t' or '\r' or '\n' => ScanSpace(),
            '=' => Take(TokenKind.Assign, 1),
            ':' => Peek(1) == '=' ? Take(TokenKind.Declare, 2) : Fail("expected :="),
            '|' => Take(TokenKind.Pipe, 1),
            '"' => ScanQuoted(),
            '`' => ScanRaw(),
            '$' => ScanName(TokenKind.Variable),
            '\'' => ScanCharacter(),
            '.' when _position + 1 < _text.Length && !char.IsAsciiDigit(Peek(1)) => ScanField(),
            '.' or '+' or '-' or (>= '0' and <= '9') => ScanNumber(),
            '(' => OpenParenthesis(),
            ')' => _parentheses-- > 0 ? Take(TokenKind.RightParenthesis, 1) : Fail("unexpected right paren"),
            ',' => Take(TokenKind.Comma, 1),
            _ when IsWordCharacter(c) => ScanWord(),
            _ when c is > ' ' and < '\u007f' => Take(TokenKind.Character, 1),
            _ => Fail($"unrecognized character in action: {Unicode(c)}"),
        };
    }

    private bool OpenParenthesis()
    {
        _parentheses++;
        return Take(TokenKind.LeftParenthesis, 1);
    }

    private bool ScanSpace()
    {
        var start = _position;
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\r' or '\n')
        {
            // A space before "-}}" belongs to the trim marker.
            if (IsRightDelimiter(_position, out var length) && length > 2)
            {
                break;
            }

            _position++;
        }

        if (_position > start)
        {
            Add(TokenKind.Space, start, _text[start.._position]);
            _line += Lines(_text.AsSpan(start, _position - start));
        }

        return true;
    }

    private bool ScanField()
    {
        if (!IsWordCharacter(Peek(1)))
        {
            return Terminated(1) ? Take(TokenKind.Dot, 1) : Fail($"bad character {Unicode(Peek(1))}");
        }

        return ScanName(TokenKind.Field);
    }

    private bool ScanName(TokenKind kind)
    {
        var length = 1;
        while (IsWordCharacter(Peek(length)))
        {
            length++;
        }

        return Terminated(length) ? Take(kind, length) : Fail($"bad character {Unicode(Peek(length))}");
    }

    private bool ScanWord()
    {
        var length = 1;
        while (IsWordCharacter(Peek(length)))
        {
            length++;
        }

        if (!Terminated(length))
        {
            return Fail($"bad character {Unicode(Peek(length))}");
        }

        var word = _text.Substring(_position, length);
        return Take(
            word switch
            {
                "true" or "false" => TokenKind.Boolean,
                "nil" => TokenKind.Nil,
                _ when s_keywords.Contains(word) => TokenKind.Keyword,
                _ => TokenKind.Identifier,
            },
            length);
    }

    private bool ScanNumber()
    {
        var length = Peek(0) is '+' or '-' ? 1 : 0;
        while (IsWordCharacter(Peek(length)) || Peek(length) == '.' || (Peek(length) is '+' or '-' && Peek(length - 1) is 'e' or 'E'))
        {
            length++;
        }

        var text = _text.Substring(_position, length);
        return GoLiterals.TryParseNumber(text, out _) && Terminated(length)
            ? Take(TokenKind.Number, length)
            : Fail($"illegal number syntax: {Units.Quoting.Quote(text)}");
    }

    private bool ScanQuoted() => ScanDelimited('"', TokenKind.String, "unterminated quoted string");

    private bool ScanCharacter() => ScanDelimited('\'', TokenKind.CharacterConstant, "unterminated character constant");

    private bool ScanDelimited(char quote, TokenKind kind, string error)
    {
        for (var length = 1; Peek(length) is not ('\0' or '\n'); length++)
        {
            if (Peek(length) == '\\')
            {
                length++;
            }
            else if (Peek(length) == quote)
            {
                return Take(kind, length + 1);
            }
        }

        return Fail(error);
    }

    private bool ScanRaw()
    {
        var end = _text.IndexOf('`', _position + 1);
        return end < 0 ? Fail("unterminated raw quoted string") : Take(TokenKind.RawString, end + 1 - _position);
    }

    private bool Take(TokenKind kind, int length)
    {
        Add(kind, _position, _text.Substring(_position, length));
        _line += Lines(_text.AsSpan(_position, length));
        _position += length;
        return true;
    }

    private bool Fail(string message)
    {
        _tokens.Add(new Token(TokenKind.Error, _position, message, _line));
        return false;
    }

    private void Add(TokenKind kind, int position, string text) => _tokens.Add(new Token(kind, position, text, _line));

    private char Peek(int offset) => _position + offset < _text.Length ? _text[_position + offset] : '\0';

    private ReadOnlySpan<char> At(int position) => position < _text.Length ? _text.AsSpan(position) : [];

    private bool HasLeftTrim(int position) => position + 1 < _text.Length && _text[position] == '-' && _text[position + 1] is ' ' or '\t' or '\r' or '\n';

    private bool IsRightDelimiter(int position, out int length)
    {
        length = 2;
        if (At(position).StartsWith(Right, StringComparison.Ordinal))
        {
            return true;
        }

        length = 4;
        return position < _text.Length && _text[position] is ' ' or '\t' or '\r' or '\n' && At(position + 1).StartsWith("-}}", StringComparison.Ordinal);
    }

    /// <summary>Whether what follows may end a word, as Go's lexer demands.</summary>
    private bool Terminated(int offset) =>
        Peek(offset) is '\0' or ' ' or '\t' or '\r' or '\n' or '.' or ',' or '|' or ':' or ')' or '('
        || At(_position + offset).StartsWith(Right, StringComparison.Ordinal);

    private static bool IsWordCharacter(char c) => c == '_' || char.IsLetterOrDigit(c);

    private static int Lines(ReadOnlySpan<char> text) => text.Count('\n');

    private static string Unicode(char c) =>
        string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}{(c >= ' ' ? $" '{c}'" : "")}");
}
