using System.Globalization;
using System.Text;
using Gantry.Linux;

namespace Gantry.IO.Tar;

/// <summary>Extended header records of one member (POSIX.1-2017, pax, "pax Extended Header": lines of <c>LENGTH KEY=VALUE\n</c>).</summary>
internal sealed class PaxRecords
{
    private const string XattrPrefix = "SCHILY.xattr.";
    private readonly Dictionary<string, string> _values = [];
    private readonly List<KeyValuePair<string, byte[]>> _xattrs = [];
    private readonly List<long> _sparse = [];

    internal IReadOnlyList<KeyValuePair<string, byte[]>>? Xattrs => _xattrs.Count == 0 ? null : _xattrs;

    /// <summary>Offsets and lengths in turn of sparse format 0.0, which repeats its keys.</summary>
    internal IReadOnlyList<long> SparseNumbers => _sparse;

    internal static PaxRecords Parse(ReadOnlySpan<byte> data)
    {
        var records = new PaxRecords();
        while (!data.IsEmpty)
        {
            var space = data.IndexOf((byte)' ');
            if (space is <= 0 or > 10
                || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > data.Length || data[length - 1] != '\n')
            {
                throw TarError.Malformed("a pax record with a wrong length");
            }

            records.Add(data[(space + 1)..(length - 1)]);
            data = data[length..];
        }

        return records;
    }

    /// <summary>The record's text, or null when it is missing or empty (which means: as if missing).</summary>
    internal string? Text(string key) => _values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    internal long? Number(string key) =>
        Text(key) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw TarError.Malformed($"pax record {key} is not a number");

    /// <summary>Decimal seconds as nanoseconds, further digits cut.</summary>
    internal long? Time(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var whole = dot < 0 ? text : text[..dot];
        var digits = dot < 0 ? string.Empty : text[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            || digits.AsSpan().ContainsAnyExceptInRange('0', '9') || seconds is > 9_000_000_000 or < -9_000_000_000)
        {
            throw TarError.Malformed($"pax record {key} is not a time");
        }

        var fraction = digits.Length == 0 ? 0 : long.Parse(digits.PadRight(9, '0').AsSpan(0, 9), CultureInfo.InvariantCulture);
        return (seconds * 1_000_000_000) + (whole.StartsWith('-') ? -fraction : fraction);
    }

    private void Add(ReadOnlySpan<byte> record)
    {
        var equals = record.IndexOf((byte)'=');
        if (equals <= 0)
        {
            throw TarError.Malformed("a pax record without a key");
        }

        var key = Encoding.UTF8.GetString(record[..equals]);
        var value = record[(equals + 1)..];
        if (key.StartsWith(XattrPrefix, StringComparison.Ordinal))
        {
            _xattrs.Add(new(key[XattrPrefix.Length..], value.ToArray()));
            return;
        }

        var text = LinuxPath.Decode(value);
        _values[key] = text;
        if (key is "GNU.sparse.offset" or "GNU.sparse.numbytes")
        {
            _sparse.Add(long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw TarError.Malformed("a sparse map that is not numbers"));
        }
    }
}
