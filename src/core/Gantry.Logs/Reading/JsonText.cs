using System.Buffers.Text;
using System.Text;

namespace Gantry.Logs;

/// <summary>JSON strings, undone in place: the text is never longer than its escaped form.</summary>
internal static class JsonText
{
    /// <summary>
    /// Undoes the string that begins at the start of <paramref name="text"/> (after its opening quote). Returns the index of the closing quote
    /// and the length of the text, which is at the start of the span afterwards; -1 when there is no closing quote.
    /// </summary>
    public static int Unescape(Span<byte> text, out int length)
    {
        var read = 0;
        length = 0;
        while (true)
        {
            var plain = text[read..].IndexOfAny((byte)'"', (byte)'\\');
            if (plain < 0)
            {
                return -1;
            }

            if (read != length)
            {
                text.Slice(read, plain).CopyTo(text[length..]);
            }

            read += plain;
            length += plain;
            if (text[read] == (byte)'"')
            {
                return read;
            }

            var taken = UnescapeOne(text[read..], text[length..], out var written);
            if (taken == 0)
            {
                return -1;
            }

            read += taken;
            length += written;
        }
    }

    private static int UnescapeOne(ReadOnlySpan<byte> text, Span<byte> output, out int written)
    {
        written = 1;
        if (text.Length < 2)
        {
            return 0;
        }

        switch (text[1])
        {
            case (byte)'u':
                return UnescapeUnicode(text, output, out written);
            case (byte)'n':
                output[0] = (byte)'\n';
                break;
            case (byte)'r':
                output[0] = (byte)'\r';
                break;
            case (byte)'t':
                output[0] = (byte)'\t';
                break;
            case (byte)'b':
                output[0] = (byte)'\b';
                break;
            case (byte)'f':
                output[0] = (byte)'\f';
                break;
            default:
                output[0] = text[1];
                break;
        }

        return 2;
    }

    private static int UnescapeUnicode(ReadOnlySpan<byte> text, Span<byte> output, out int written)
    {
        const int Length = 6;
        written = 0;
        if (!TryHex(text, out var unit))
        {
            return 0;
        }

        var taken = Length;
        if (char.IsHighSurrogate(unit) && text.Length >= 2 * Length && text[Length] == (byte)'\\' && text[Length + 1] == (byte)'u'
            && TryHex(text[Length..], out var low) && char.IsLowSurrogate(low))
        {
            written = new Rune(unit, low).EncodeToUtf8(output);
            return 2 * Length;
        }

        var rune = Rune.TryCreate(unit, out var valid) ? valid : Rune.ReplacementChar;
        written = rune.EncodeToUtf8(output);
        return taken;
    }

    private static bool TryHex(ReadOnlySpan<byte> text, out char unit)
    {
        unit = '\0';
        if (text.Length < 6 || !Utf8Parser.TryParse(text.Slice(2, 4), out ushort value, out var consumed, 'x') || consumed != 4)
        {
            return false;
        }

        unit = (char)value;
        return true;
    }
}
