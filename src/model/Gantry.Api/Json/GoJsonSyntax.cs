using System.Globalization;

namespace Gantry.Api;

/// <summary>
/// Says what is wrong with a JSON text in the words of Go's encoding/json, which clients see in Docker's answers. It runs only when parsing
/// has failed (RFC 8259 is the grammar; the nesting limit is Go's).
/// </summary>
public static class GoJsonSyntax
{
    public const int MaxDepth = 10_000;

    private enum Expect
    {
        Value,
        ValueOrEnd,
        Key,
        KeyOrEnd,
        Colon,
        CommaOrEnd,
    }

    /// <summary>Null when the first value is well formed; then <paramref name="end"/> is the position behind it.</summary>
    public static string? Error(ReadOnlySpan<byte> json, out int end)
    {
        var open = new Stack<byte>();
        var expect = Expect.Value;
        var at = 0;
        while (true)
        {
            while (at < json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                at++;
            }

            end = at;
            if (at == json.Length)
            {
                return open.Count == 0 && expect == Expect.Value ? "EOF" : "unexpected EOF";
            }

            if (Step(json, ref at, open, ref expect) is { } error)
            {
                return error;
            }

            if (expect == Expect.CommaOrEnd && open.Count == 0)
            {
                end = at;
                return null;
            }

            if (open.Count > MaxDepth)
            {
                return "exceeded max depth";
            }
        }
    }

    /// <summary>As Go speaks of a text that must be one value and nothing else; null when it is.</summary>
    public static string? ErrorOfText(ReadOnlySpan<byte> json)
    {
        if (Error(json, out var end) is { } error)
        {
            return error is "EOF" or "unexpected EOF" ? "unexpected end of JSON input" : error;
        }

        var rest = json[end..].TrimStart(" \t\r\n"u8);
        return rest.IsEmpty ? null : Unexpected(rest[0], "after top-level value");
    }

    private static string? Step(ReadOnlySpan<byte> json, ref int at, Stack<byte> open, ref Expect expect)
    {
        var c = json[at];
        switch (expect)
        {
            case Expect.ValueOrEnd when c == ']':
            case Expect.KeyOrEnd when c == '}':
                open.Pop();
                at++;
                expect = Expect.CommaOrEnd;
                return null;
            case Expect.Value or Expect.ValueOrEnd:
                return Value(json, ref at, open, ref expect);
            case Expect.Key or Expect.KeyOrEnd:
                expect = Expect.Colon;
                return c == '"' ? String(json, ref at) : Unexpected(c, "looking for beginning of object key string");
            case Expect.Colon:
                at++;
                expect = Expect.Value;
                return c == ':' ? null : Unexpected(c, "after object key");
            default:
                return AfterValue(c, ref at, open, ref expect);
        }
    }

    private static string? AfterValue(byte c, ref int at, Stack<byte> open, ref Expect expect)
    {
        at++;
        var isObject = open.Peek() == '{';
        if (c == ',')
        {
            expect = isObject ? Expect.Key : Expect.Value;
            return null;
        }

        if (c != (isObject ? '}' : ']'))
        {
            return Unexpected(c, isObject ? "after object key:value pair" : "after array element");
        }

        open.Pop();
        return null;
    }

    private static string? Value(ReadOnlySpan<byte> json, ref int at, Stack<byte> open, ref Expect expect)
    {
        var c = json[at];
        if (c is (byte)'{' or (byte)'[')
        {
            open.Push(c);
            at++;
            expect = c == '{' ? Expect.KeyOrEnd : Expect.ValueOrEnd;
            return null;
        }

        expect = Expect.CommaOrEnd;
        return c switch
        {
            (byte)'"' => String(json, ref at),
            (byte)'t' => Literal(json, ref at, "true"),
            (byte)'f' => Literal(json, ref at, "false"),
            (byte)'n' => Literal(json, ref at, "null"),
            (byte)'-' or (>= (byte)'0' and <= (byte)'9') => Number(json, ref at),
            _ => Unexpected(c, "looking for beginning of value"),
        };
    }

    private static string? Literal(ReadOnlySpan<byte> json, ref int at, string word)
    {
        foreach (var letter in word)
        {
            if (at == json.Length)
            {
                return "unexpected EOF";
            }

            if (json[at] != letter)
            {
                return Unexpected(json[at], $"in literal {word} (expecting '{letter}')");
            }

            at++;
        }

        return null;
    }

    private static string? String(ReadOnlySpan<byte> json, ref int at)
    {
        for (at++; at < json.Length; at++)
        {
            var c = json[at];
            if (c == '"')
            {
                at++;
                return null;
            }

            if (c < 0x20)
            {
                return Unexpected(c, "in string literal");
            }

            if (c == '\\' && Escape(json, ref at) is { } error)
            {
                return error;
            }
        }

        return "unexpected EOF";
    }

    /// <summary>Leaves the position on the escape's last byte.</summary>
    private static string? Escape(ReadOnlySpan<byte> json, ref int at)
    {
        at++;
        if (at == json.Length)
        {
            return "unexpected EOF";
        }

        if (json[at] != 'u')
        {
            return "bfnrt\\/\""u8.Contains(json[at]) ? null : Unexpected(json[at], "in string escape code");
        }

        for (var i = 0; i < 4; i++)
        {
            at++;
            if (at == json.Length)
            {
                return "unexpected EOF";
            }

            if (!char.IsAsciiHexDigit((char)json[at]))
            {
                return Unexpected(json[at], "in \\u hexadecimal character escape");
            }
        }

        return null;
    }

    private static string? Number(ReadOnlySpan<byte> json, ref int at)
    {
        if (json[at] == '-')
        {
            at++;
        }

        // A zero stands alone in front of the point.
        var error = at < json.Length && json[at] == '0' ? Skip(ref at) : Digits(json, ref at, "in numeric literal");
        if (error is null && at < json.Length && json[at] == '.')
        {
            at++;
            error = Digits(json, ref at, "after decimal point in numeric literal");
        }

        if (error is null && at < json.Length && json[at] is (byte)'e' or (byte)'E')
        {
            at++;
            at += at < json.Length && json[at] is (byte)'+' or (byte)'-' ? 1 : 0;
            error = Digits(json, ref at, "in exponent of numeric literal");
        }

        return error;
    }

    private static string? Skip(ref int at)
    {
        at++;
        return null;
    }

    private static string? Digits(ReadOnlySpan<byte> json, ref int at, string where)
    {
        if (at == json.Length)
        {
            return "unexpected EOF";
        }

        if (!char.IsAsciiDigit((char)json[at]))
        {
            return Unexpected(json[at], where);
        }

        while (at < json.Length && char.IsAsciiDigit((char)json[at]))
        {
            at++;
        }

        return null;
    }

    private static string Unexpected(byte c, string where) => $"invalid character {Quote(c)} {where}";

    /// <summary>Go quotes the byte as the character of that number.</summary>
    private static string Quote(byte c) => c switch
    {
        (byte)'\'' => "'\\''",
        (byte)'\\' => "'\\\\'",
        (byte)'\n' => "'\\n'",
        (byte)'\r' => "'\\r'",
        (byte)'\t' => "'\\t'",
        7 => "'\\a'",
        8 => "'\\b'",
        11 => "'\\v'",
        12 => "'\\f'",
        < 0x20 or 0x7f => string.Create(CultureInfo.InvariantCulture, $"'\\x{c:x2}'"),
        >= 0x80 and <= 0xa0 or 0xad => string.Create(CultureInfo.InvariantCulture, $"'\\u00{c:x2}'"),
        _ => $"'{(char)c}'",
    };
}
