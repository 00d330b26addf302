using System.Text;
using Gantry.Errors;
using Gantry.Terminal.Values;

namespace Gantry.Terminal.Templates;

/// <summary>Go's built-in template functions, except <c>and</c> and <c>or</c>, which the evaluator handles because they stop early.</summary>
internal static class BuiltinFunctions
{
    public static Dictionary<string, TemplateFunction> All() => new(StringComparer.Ordinal)
    {
        ["not"] = new(1, 1, a => !Truth.Of(a[0])),
        ["len"] = new(1, 1, a => Length(a[0])),
        ["index"] = new(1, null, Index),
        ["slice"] = new(1, null, Slice),
        ["print"] = new(0, null, Print),
        ["println"] = new(0, null, a => string.Join(' ', a.Select(GoPrinter.Print)) + "\n"),
        ["printf"] = new(1, null, a => GoFormat.Format((string)a[0]!, [.. a.Skip(1)]), "string"),
        ["html"] = new(0, null, a => Escape(Print(a), HtmlEscape)),
        ["js"] = new(0, null, a => Escape(Print(a), JsEscape)),
        ["urlquery"] = new(0, null, a => Uri.EscapeDataString(Print(a)).Replace("%20", "+", StringComparison.Ordinal)),
        ["eq"] = new(1, null, Comparison.EqualToAny),
        ["ne"] = new(2, 2, a => !Comparison.AreEqual(a[0], a[1])),
        ["lt"] = new(2, 2, a => Comparison.Compare(a[0], a[1]) < 0),
        ["le"] = new(2, 2, a => Comparison.Compare(a[0], a[1]) <= 0),
        ["gt"] = new(2, 2, a => Comparison.Compare(a[0], a[1]) > 0),
        ["ge"] = new(2, 2, a => Comparison.Compare(a[0], a[1]) >= 0),
    };

    private static object Length(object? value) => value switch
    {
        string text => (long)Encoding.UTF8.GetByteCount(text),
        GoList list => (long)list.Items.Count,
        GoMap map => (long)map.Count,
        null => throw Fail("len of nil pointer"),
        _ => throw Fail($"len of type {GoTypes.Name(value)}"),
    };

    /// <summary>Go checks against the capacity first: the position just behind the end is told by another part of it.</summary>
    private static GantryException OutOfRange(long position, int count, string kind) =>
        Fail(position == count ? $"reflect: {kind} index out of range" : $"index out of range: {position}");

    private static object? Index(IReadOnlyList<object?> arguments)
    {
        var value = arguments[0];
        foreach (var index in arguments.Skip(1))
        {
            value = (value, index) switch
            {
                (null, _) => throw Fail("index of untyped nil"),
                (GoList list, long position) => position >= 0 && position < list.Items.Count
                    ? list.Items[(int)position]
                    : throw OutOfRange(position, list.Items.Count, "slice"),
                (string text, long position) => position >= 0 && position < text.Length
                    ? (long)text[(int)position]
                    : throw OutOfRange(position, text.Length, "string"),
                (GoMap map, string key) => map.TryGet(key, out var found) ? found : map.MissingValue,
                (GoList or string, null) => throw Fail("cannot index slice/array with nil"),
                (GoList or string, _) => throw Fail($"cannot index slice/array with type {GoTypes.Name(index)}"),
                (GoMap, null) => throw Fail("value is nil; should be of type string"),
                (GoMap, _) => throw Fail($"value has type {GoTypes.Name(index)}; should be string"),
                (GoNil, _) => throw Fail("index of nil pointer"),
                _ => throw Fail($"can't index item of type {GoTypes.Name(value)}"),
            };
        }

        return value;
    }

    private static object? Slice(IReadOnlyList<object?> arguments)
    {
        var length = arguments[0] switch
        {
            string text => text.Length,
            GoList list => list.Items.Count,
            null => throw Fail("slice of untyped nil"),
            _ => throw Fail($"can't slice item of type {GoTypes.Name(arguments[0])}"),
        };
        if (arguments.Count > 4 || (arguments.Count > 3 && arguments[0] is string))
        {
            throw Fail(arguments[0] is string ? "cannot 3-index slice a string" : $"too many slice indexes: {arguments.Count - 1}");
        }

        var from = arguments.Count > 1 ? Bound(arguments[1], length) : 0;
        var to = arguments.Count > 2 ? Bound(arguments[2], length) : length;
        if (from > to)
        {
            throw Fail($"invalid slice index: {from} > {to}");
        }

        return arguments[0] is string source
            ? source[from..to]
            : new GoList([.. ((GoList)arguments[0]!).Items.Skip(from).Take(to - from)], elementType: ((GoList)arguments[0]!).ElementType);
    }

    private static int Bound(object? index, int length) => index switch
    {
        long position when position >= 0 && position <= length => (int)position,
        long position => throw Fail($"index out of range: {position}"),
        null => throw Fail("cannot index slice/array with nil"),
        _ => throw Fail($"cannot index slice/array with type {GoTypes.Name(index)}"),
    };

    /// <summary>fmt.Sprint: a space between two operands when neither is a string.</summary>
    private static string Print(IReadOnlyList<object?> arguments)
    {
        var output = new StringBuilder();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (i > 0 && arguments[i] is not string && arguments[i - 1] is not string)
            {
                output.Append(' ');
            }

            output.Append(GoPrinter.Print(arguments[i]));
        }

        return output.ToString();
    }

    private static string Escape(string text, Func<char, string?> escape)
    {
        var output = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = escape(c) is { } escaped ? output.Append(escaped) : output.Append(c);
        }

        return output.ToString();
    }

    private static string? HtmlEscape(char c) => c switch
    {
        '<' => "&lt;",
        '>' => "&gt;",
        '&' => "&amp;",
        '"' => "&#34;",
        '\'' => "&#39;",
        '\0' => "\ufffd",
        _ => null,
    };

    private static string? JsEscape(char c) => c switch
    {
        '\\' => "\\\\",
        '\'' => "\\'",
        '"' => "\\\"",
        '<' => "\\u003C",
        '>' => "\\u003E",
        '&' => "\\u0026",
        '=' => "\\u003D",
        < ' ' => $"\\u{(int)c:X4}",
        _ => null,
    };

    private static GantryException Fail(string message) => GantryException.InvalidArgument(message);
}
