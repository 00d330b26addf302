using System.Buffers.Text;
using System.Globalization;

namespace Gantry.Logs;

/// <summary>Timestamps as text: RFC 3339 in UTC.</summary>
public static class LogTimestamp
{
    /// <summary>Length of <c>2006-01-02T15:04:05.000000000Z</c>, the form the Engine API gives (Docker's RFC3339NanoFixed).</summary>
    public const int FixedLength = 30;

    private const int SecondsLength = 19;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Writes the fixed form.</summary>
    public static void Format(long nanoseconds, Span<byte> output)
    {
        var second = Math.DivRem(nanoseconds, NanosecondsPerSecond, out var fraction);
        _ = DateTime.UnixEpoch.AddSeconds(second).TryFormat(output, out _, "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        output[SecondsLength] = (byte)'.';
        _ = Utf8Formatter.TryFormat((ulong)fraction, output[(SecondsLength + 1)..], out _, new System.Buffers.StandardFormat('D', 9));
        output[FixedLength - 1] = (byte)'Z';
    }

    public static long FromTime(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTime.UnixEpoch.Ticks;
        return Math.Clamp(ticks, long.MinValue / 100, long.MaxValue / 100) * 100;
    }

    /// <summary>Parses RFC 3339 with any number of decimals and any offset.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (text.Length < SecondsLength + 1 || text[10] is not ((byte)'T' or (byte)' ' or (byte)'t')
            || !Digits(text, 0, 4, out var year) || !Digits(text, 5, 2, out var month) || !Digits(text, 8, 2, out var day)
            || !Digits(text, 11, 2, out var hour) || !Digits(text, 14, 2, out var minute) || !Digits(text, 17, 2, out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        var rest = text[SecondsLength..];
        long fraction = 0;
        if (rest[0] == (byte)'.')
        {
            rest = rest[1..];
            long unit = NanosecondsPerSecond;
            while (rest.Length > 0 && rest[0] is >= (byte)'0' and <= (byte)'9')
            {
                unit /= 10;
                fraction += (rest[0] - '0') * unit;
                rest = rest[1..];
            }
        }

        if (!TryParseOffset(rest, out var offsetMinutes))
        {
            return false;
        }

        var days = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks / TimeSpan.TicksPerDay - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerDay);
        var seconds = (days * 86400) + (hour * 3600) + (minute * 60) + second - (offsetMinutes * 60L);
        nanoseconds = (seconds * NanosecondsPerSecond) + fraction;
        return true;
    }

    private static bool TryParseOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text is [(byte)'Z' or (byte)'z'])
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || !Digits(text, 1, 2, out var hours) || !Digits(text, 4, 2, out var rest))
        {
            return false;
        }

        minutes = ((hours * 60) + rest) * (text[0] == (byte)'-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, int start, int count, out int value)
    {
        value = 0;
        foreach (var digit in text.Slice(start, count))
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + digit - '0';
        }

        return true;
    }
}
