using System.Globalization;

namespace Gantry.RegistryServer.Http;

/// <summary>How a <c>Range</c> header applies to a content of known size (RFC 9110, section 14).</summary>
internal enum RangeOutcome
{
    /// <summary>No range, or one to be ignored (other unit, several ranges, no numbers): send everything.</summary>
    Whole,

    /// <summary>Send the part.</summary>
    Part,

    /// <summary>Nothing of the range exists, or it ends before it starts: 416.</summary>
    Unsatisfiable,
}

/// <summary>A part of a content, in bytes.</summary>
internal readonly record struct ByteRange(long Offset, long Length)
{
    private const string Unit = "bytes=";

    internal static RangeOutcome Parse(string? header, long size, out ByteRange range)
    {
        range = new ByteRange(0, size);
        if (header is null || !header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
        {
            return RangeOutcome.Whole;
        }

        var text = header.AsSpan(Unit.Length).Trim();
        var dash = text.IndexOf('-');
        if (dash < 0 || text.Contains(','))
        {
            return RangeOutcome.Whole;
        }

        var last = text[(dash + 1)..];
        return dash == 0 ? Suffix(last, size, out range) : Between(text[..dash], last, size, out range);
    }

    /// <summary>Parses the <c>start-end</c> that an upload's <c>Content-Range</c> has (distribution-spec, "Pushing a blob in chunks"); bytes and total as RFC 9110 writes them are taken too.</summary>
    internal static bool TryParseContentRange(string header, out ByteRange range)
    {
        range = default;
        var text = header.AsSpan().Trim();
        text = text.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase) ? text["bytes ".Length..] : text;
        var slash = text.IndexOf('/');
        text = slash < 0 ? text : text[..slash];
        var dash = text.IndexOf('-');
        if (dash <= 0 || !TryNumber(text[..dash], out var start) || !TryNumber(text[(dash + 1)..], out var end) || end < start)
        {
            return false;
        }

        range = new ByteRange(start, end - start + 1);
        return true;
    }

    private static RangeOutcome Suffix(ReadOnlySpan<char> last, long size, out ByteRange range)
    {
        range = new ByteRange(0, size);
        if (!TryNumber(last, out var count))
        {
            return RangeOutcome.Whole;
        }

        count = Math.Min(count, size);
        range = new ByteRange(size - count, count);
        return count == 0 ? RangeOutcome.Unsatisfiable : RangeOutcome.Part;
    }

    private static RangeOutcome Between(ReadOnlySpan<char> first, ReadOnlySpan<char> last, long size, out ByteRange range)
    {
        range = new ByteRange(0, size);
        var end = long.MaxValue;
        if (!TryNumber(first, out var start) || (!last.IsEmpty && !TryNumber(last, out end)))
        {
            return RangeOutcome.Whole;
        }

        if (start >= size || end < start)
        {
            return RangeOutcome.Unsatisfiable;
        }

        range = new ByteRange(start, Math.Min(end, size - 1) - start + 1);
        return RangeOutcome.Part;
    }

    /// <summary>Digits only, and small enough that sums of two don't overflow.</summary>
    private static bool TryNumber(ReadOnlySpan<char> text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value < long.MaxValue / 4;
}
