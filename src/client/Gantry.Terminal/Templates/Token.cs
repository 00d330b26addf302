namespace Gantry.Terminal.Templates;

internal enum TokenKind
{
    Error,
    EndOfText,
    Text,
    Comment,
    LeftDelimiter,
    RightDelimiter,
    LeftParenthesis,
    RightParenthesis,
    Space,
    Pipe,
    Assign,
    Declare,
    Comma,
    Character,
    Dot,
    Field,
    Variable,
    Identifier,
    Boolean,
    Nil,
    Number,
    CharacterConstant,
    String,
    RawString,
    Keyword,
}

/// <summary>One lexical unit; <paramref name="Position"/> counts characters from the start of the template.</summary>
internal readonly record struct Token(TokenKind Kind, int Position, string Text, int Line)
{
    /// <summary>How Go names the token in "unexpected ..." messages.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.EndOfText => "EOF",
        TokenKind.Error => Text,
        TokenKind.Keyword or TokenKind.Nil or TokenKind.Dot => $"<{Text}>",
        _ when Text.Length > 10 => Units.Quoting.Quote(Text[..10]) + "...",
        _ => Units.Quoting.Quote(Text),
    };
}
