using System.Globalization;
using System.Text;
using Gantry.Terminal.Units;
using Gantry.Terminal.Values;

namespace Gantry.Terminal.Templates;

/// <summary>Go's fmt.Sprintf for the values templates have, with its "%!d(string=x)" notes in place of errors.</summary>
internal static class GoFormat
{
    private const int LargestWidth = 10_000;

    public static string Format(string format, IReadOnlyList<object?> arguments)
    {
        var output = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length;)
        {
            if (format[i] != '%')
            {
                output.Append(format[i++]);
                continue;
            }

            i++;
            var directive = Directive.Read(format, ref i, arguments, ref next);
            if (i >= format.Length)
            {
                output.Append("%!(NOVERB)");
                break;
            }

            AppendVerb(output, directive, format[i++], arguments, ref next);
        }

        AppendExtra(output, arguments, next);
        return output.ToString();
    }

    private static void AppendVerb(StringBuilder output, Directive directive, char verb, IReadOnlyList<object?> arguments, ref int next)
    {
        if (verb == '%')
        {
            output.Append('%');
        }
        else if (next >= arguments.Count)
        {
            output.Append("%!").Append(verb).Append("(MISSING)");
        }
        else
        {
            output.Append(directive.Pad(One(directive, verb, arguments[next++])));
        }
    }

    private static void AppendExtra(StringBuilder output, IReadOnlyList<object?> arguments, int next)
    {
        if (next >= arguments.Count)
        {
            return;
        }

        output.Append("%!(EXTRA ");
        for (var i = next; i < arguments.Count; i++)
        {
            output.Append(i > next ? ", " : "");
            output.Append(arguments[i] is null ? "<nil>" : $"{GoTypes.Name(arguments[i])}={GoPrinter.Print(arguments[i])}");
        }

        output.Append(')');
    }

    private static string One(Directive directive, char verb, object? value) => (verb, value) switch
    {
        ('T', _) => GoTypes.Name(value),
        ('v', string text) when directive.Sharp => Quoting.Quote(text),
        ('v', double number) => GoNumbers.FormatShortest(number),
        ('v', long number) => directive.Integer(number, 10, upper: false),
        ('v', _) => directive.Truncate(GoPrinter.Print(value)),
        ('s', GoList list) => "[" + string.Join(' ', list.Items.Select(item => One(directive, verb, item))) + "]",
        ('s', string text) => directive.Truncate(text),
        ('q', string text) => Quoting.Quote(directive.Truncate(text)),
        ('q', GoList list) => "[" + string.Join(' ', list.Items.Select(item => One(directive, verb, item))) + "]",
        ('t', bool flag) => flag ? "true" : "false",
        ('x' or 'X', string text) => Hex(text, verb == 'X'),
        (_, long number) => Integer(directive, verb, number),
        (_, double number) => Float(directive, verb, number),
        (_, null) => $"%!{verb}(<nil>)",
        _ => Bad(verb, value),
    };

    private static string Integer(Directive directive, char verb, long number) => verb switch
    {
        'd' => directive.Integer(number, 10, upper: false),
        'x' => directive.Integer(number, 16, upper: false),
        'X' => directive.Integer(number, 16, upper: true),
        'o' => directive.Integer(number, 8, upper: false),
        'b' => directive.Integer(number, 2, upper: false),
        'c' when Rune.IsValid((int)number) => new Rune((int)number).ToString(),
        'q' when Rune.IsValid((int)number) => $"'{new Rune((int)number)}'",
        'U' => $"U+{number:X4}",
        _ => Bad(verb, number),
    };

    private static string Float(Directive directive, char verb, double number)
    {
        var precision = directive.Precision ?? 6;
        var sign = directive.Plus && number >= 0 ? "+" : "";
        return verb switch
        {
            'f' or 'F' => sign + number.ToString("F" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            'e' => sign + Exponent(number, precision),
            'E' => sign + Exponent(number, precision).ToUpperInvariant(),
            'g' or 'G' => sign + (directive.Precision is { } digits ? GoNumbers.FormatG(number, Math.Max(1, digits)) : GoNumbers.FormatShortest(number)),
            _ => Bad(verb, number),
        };
    }

    private static string Exponent(double number, int precision)
    {
        var text = number.ToString("e" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var mark = text.LastIndexOf('e');
        var exponent = text[(mark + 2)..].TrimStart('0').PadLeft(2, '0');
        return text[..(mark + 2)] + exponent;
    }

    private static string Hex(string text, bool upper)
    {
        var hex = Convert.ToHexString(Encoding.UTF8.GetBytes(text));
        return upper ? hex : hex.ToLowerInvariant();
    }

    private static string Bad(char verb, object? value) => $"%!{verb}({GoTypes.Name(value)}={GoPrinter.Print(value)})";

    /// <summary>Flags, width and precision between the percent sign and the verb.</summary>
    private readonly record struct Directive(bool Minus, bool Plus, bool Sharp, bool Zero, bool Space, int Width, int? Precision)
    {
        public static Directive Read(string format, ref int i, IReadOnlyList<object?> arguments, ref int next)
        {
            bool minus = false, plus = false, sharp = false, zero = false, space = false;
            for (; i < format.Length; i++)
            {
                switch (format[i])
                {
                    case '-':
                        minus = true;
                        continue;
                    case '+':
                        plus = true;
                        continue;
                    case '#':
                        sharp = true;
                        continue;
                    case '0':
                        zero = true;
                        continue;
                    case ' ':
                        space = true;
                        continue;
                }

                break;
            }

            var width = Number(format, ref i, arguments, ref next) ?? 0;
            int? precision = null;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                precision = Number(format, ref i, arguments, ref next) ?? 0;
            }

            return new Directive(minus || width < 0, plus, sharp, zero && !minus, space, Math.Abs(width), precision);
        }

        public string Pad(string text)
        {
            var missing = Width - text.EnumerateRunes().Count();
            return missing <= 0 ? text : Minus ? text + new string(' ', missing) : new string(Zero ? '0' : ' ', missing) + text;
        }

        public string Truncate(string text) => Precision is { } length && length < text.Length ? text[..length] : text;

        public string Integer(long number, int numberBase, bool upper)
        {
            var digits = numberBase == 10
                ? (number < 0 ? (ulong)-(number + 1) + 1 : (ulong)number).ToString(CultureInfo.InvariantCulture)
                : Digits(number < 0 ? (ulong)-(number + 1) + 1 : (ulong)number, (uint)numberBase, upper);
            digits = digits.PadLeft(Precision ?? 0, '0');
            var prefix = Sharp ? numberBase switch { 16 => upper ? "0X" : "0x", 8 => "0", 2 => "0b", _ => "" } : "";
            var sign = number < 0 ? "-" : Plus ? "+" : Space ? " " : "";
            var zeros = Zero && Precision is null ? Math.Max(0, Width - digits.Length - sign.Length - prefix.Length) : 0;
            return sign + prefix + new string('0', zeros) + digits;
        }

        private static string Digits(ulong number, uint numberBase, bool upper)
        {
            var text = new StringBuilder();
            do
            {
                text.Insert(0, (upper ? "0123456789ABCDEF" : "0123456789abcdef")[(int)(number % numberBase)]);
                number /= numberBase;
            }
            while (number > 0);

            return text.ToString();
        }

        private static int? Number(string format, ref int i, IReadOnlyList<object?> arguments, ref int next)
        {
            if (i < format.Length && format[i] == '*')
            {
                i++;
                return next < arguments.Count && arguments[next++] is long given ? (int)Math.Clamp(given, -LargestWidth, LargestWidth) : 0;
            }

            var start = i;
            while (i < format.Length && char.IsAsciiDigit(format[i]))
            {
                i++;
            }

            return int.TryParse(format.AsSpan(start, i - start), CultureInfo.InvariantCulture, out var number) ? Math.Min(number, LargestWidth) : null;
        }
    }
}
