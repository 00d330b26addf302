using System.Globalization;

namespace Gantry.IO.Tar;

/// <summary>Checks a sparse file's map, whichever of GNU tar's four formats it came in.</summary>
internal static class SparseMap
{
    internal const int MaxExtents = 1 << 20;

    /// <summary>
    /// <paramref name="numbers"/> are offset and length in turn. They must rise, not overlap, lie inside the file and add up to the bytes stored.
    /// </summary>
    internal static IReadOnlyList<TarExtent> Validate(IReadOnlyList<long> numbers, long fileSize, long storedSize)
    {
        if (numbers.Count % 2 != 0 || numbers.Count / 2 > MaxExtents)
        {
            throw TarError.Malformed("a sparse map of the wrong length");
        }

        var extents = new List<TarExtent>(numbers.Count / 2);
        long end = 0;
        long stored = 0;
        for (var i = 0; i < numbers.Count; i += 2)
        {
            var (offset, length) = (numbers[i], numbers[i + 1]);
            if (offset < end || length < 0 || length > fileSize || offset > fileSize - length)
            {
                throw TarError.Malformed("a sparse map that doesn't fit its file");
            }

            end = offset + length;
            stored += length;
            if (length > 0)
            {
                extents.Add(new TarExtent(offset, length));
            }
        }

        return stored == storedSize ? extents : throw TarError.Malformed("a sparse map that doesn't match the stored data");
    }

    /// <summary>Format 0.1: <c>GNU.sparse.map=offset,length,...</c>.</summary>
    internal static IReadOnlyList<long> ParseList(string map) =>
        [.. map.Split(',').Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw TarError.Malformed("a sparse map that is not numbers"))];

    /// <summary>Numbers of an old GNU header or its extension block: <paramref name="count"/> pairs of twelve-byte fields, ended by an empty one.</summary>
    internal static void ReadGnu(ReadOnlySpan<byte> block, int offset, int count, List<long> numbers)
    {
        var header = new TarHeader(block);
        for (var i = 0; i < count && block[offset + (i * 24)] != 0; i++)
        {
            numbers.Add(header.Number(offset + (i * 24), 12));
            numbers.Add(header.Number(offset + (i * 24) + 12, 12));
        }
    }
}
