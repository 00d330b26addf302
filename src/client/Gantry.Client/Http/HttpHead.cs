using System.Globalization;
using System.Text;
using Gantry.Errors;

namespace Gantry.Client.Http;

/// <summary>Status line and headers of a response.</summary>
public sealed class HttpHead
{
    /// <summary>Bytes a head may have.</summary>
    public const int MaximumSize = 64 * 1024;

    private readonly List<KeyValuePair<string, string>> _headers;

    private HttpHead(int status, string reason, List<KeyValuePair<string, string>> headers)
    {
        Status = status;
        Reason = reason;
        _headers = headers;
    }

    public int Status { get; }

    public string Reason { get; }

    /// <summary>The first header of that name, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var (key, value) in _headers)
            {
                if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>Whether a comma-separated header contains <paramref name="token"/>.</summary>
    public bool Has(string name, string token) =>
        this[name] is { } value && value.Split(',').Any(part => part.Trim().Equals(token, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads the bytes before the empty line.</summary>
    /// <exception cref="GantryException">DataCorrupt: this is no HTTP.</exception>
    public static HttpHead Parse(ReadOnlySpan<byte> bytes)
    {
        var lines = Encoding.Latin1.GetString(bytes).Split('\n');
        var (status, reason) = StatusLine(lines[0].TrimEnd('\r'));
        var headers = new List<KeyValuePair<string, string>>(lines.Length);
        foreach (var line in lines.AsSpan(1))
        {
            var text = line.TrimEnd('\r');
            if (text.Length == 0)
            {
                continue;
            }

            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || text[0] is ' ' or '\t')
            {
                throw Malformed($"malformed MIME header line: {Shorten(text)}");
            }

            headers.Add(new(text[..colon], text[(colon + 1)..].Trim()));
        }

        return new HttpHead(status, reason, headers);
    }

    /// <summary>Body length; null for "not said", -1 for chunked.</summary>
    internal long? ContentLength()
    {
        if (Has("Transfer-Encoding", "chunked"))
        {
            return -1;
        }

        return this["Content-Length"] is not { } text ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length
            : throw Malformed($"bad Content-Length \"{Shorten(text)}\"");
    }

    internal static GantryException Malformed(string what) => GantryException.DataCorrupt($"malformed HTTP response: {what}");

    private static (int Status, string Reason) StatusLine(string line)
    {
        var first = line.IndexOf(' ', StringComparison.Ordinal);
        if (!line.StartsWith("HTTP/1.", StringComparison.Ordinal) || first < 0 || line.Length < first + 4
            || !int.TryParse(line.AsSpan(first + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status < 100
            || (line.Length > first + 4 && line[first + 4] != ' '))
        {
            throw Malformed($"malformed HTTP status code or version \"{Shorten(line)}\"");
        }

        return (status, line.Length > first + 5 ? line[(first + 5)..] : "");
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
