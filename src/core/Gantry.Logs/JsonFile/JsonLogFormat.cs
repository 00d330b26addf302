using System.Buffers;

namespace Gantry.Logs;

/// <summary>
/// The text of Docker's json-file entries:
/// <c>{"log":"LINE\n","stream":"stdout","attrs":{...},"time":"2006-01-02T15:04:05.999999999Z"}</c> and a newline. Escaping is Go's
/// encoding/json with HTML escaping, as Docker writes it (jsonlog): invalid UTF-8 becomes U+FFFD.
/// </summary>
internal static class JsonLogFormat
{
    /// <summary>Lines longer than this are split into entries without a final newline (Docker's copier).</summary>
    public const int MaxLine = 16 * 1024;

    /// <summary>How many bytes one input byte can become.</summary>
    public const int MaxExpansion = 6;

    public static ReadOnlySpan<byte> EntryStart => "{\"log\":\""u8;

    public static ReadOnlySpan<byte> EndOfLine => "\\n"u8;

    /// <summary>Everything that can't be copied as it stands: controls, quotes, HTML's special characters, all non-ASCII.</summary>
    private static readonly SearchValues<byte> s_special = SearchValues.Create(SpecialBytes());

    /// <summary>Index of the first byte that needs a look, or -1.</summary>
    public static int IndexOfSpecial(ReadOnlySpan<byte> text) => text.IndexOfAny(s_special);

    /// <summary>Writes one special byte or sequence; returns how many input bytes it took. Newlines are the caller's.</summary>
    public static int Escape(ReadOnlySpan<byte> text, Span<byte> output, out int written)
    {
        var value = text[0];
        if (value >= 0x80)
        {
            return EscapeRune(text, output, out written);
        }

        switch (value)
        {
            case (byte)'"' or (byte)'\\':
                output[0] = (byte)'\\';
                output[1] = value;
                written = 2;
                break;
            case (byte)'\n':
                "\\n"u8.CopyTo(output);
                written = 2;
                break;
            case (byte)'\r':
                "\\r"u8.CopyTo(output);
                written = 2;
                break;
            default:
                "\\u00"u8.CopyTo(output);
                output[4] = HexDigit(value >> 4);
                output[5] = HexDigit(value & 15);
                written = 6;
                break;
        }

        return 1;
    }

    /// <summary>How many of the last bytes begin a UTF-8 sequence that is cut off: 0 to 3.</summary>
    public static int IncompleteTail(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= Math.Min(3, text.Length); back++)
        {
            var value = text[^back];
            if (value >= 0xC0)
            {
                var length = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : 2;
                return length > back ? back : 0;
            }

            if (value < 0x80)
            {
                return 0;
            }
        }

        return 0;
    }

    private static int EscapeRune(ReadOnlySpan<byte> text, Span<byte> output, out int written)
    {
        if (System.Text.Rune.DecodeFromUtf8(text, out var rune, out var consumed) != OperationStatus.Done)
        {
            // Go replaces byte by byte; so do we.
            "\\ufffd"u8.CopyTo(output);
            written = 6;
            return 1;
        }

        if (rune.Value is 0x2028 or 0x2029)
        {
            (rune.Value == 0x2028 ? "\\u2028"u8 : "\\u2029"u8).CopyTo(output);
            written = 6;
            return consumed;
        }

        text[..consumed].CopyTo(output);
        written = consumed;
        return consumed;
    }

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);

    private static byte[] SpecialBytes() =>
        [.. Enumerable.Range(0, 256).Where(b => b < 0x20 || b >= 0x80 || b is '"' or '\\' or '<' or '>' or '&').Select(b => (byte)b)];
}
