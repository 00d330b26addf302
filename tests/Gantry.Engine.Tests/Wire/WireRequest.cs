using System.Globalization;
using System.Text;

namespace Gantry.Engine.Tests.Wire;

/// <summary>One HTTP/1.1 request as bytes, so that a test decides about every one of them.</summary>
internal sealed record WireRequest(string Method, string Target)
{
    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Null: no body and no Content-Length.</summary>
    internal byte[]? Body { get; init; }

    /// <summary>Sent once the response's head was read, followed by the end of the sending half.</summary>
    internal byte[]? Input { get; init; }

    internal byte[] ToBytes()
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Method} {Escape(Target)} HTTP/1.1\r\n");
        if (!Headers.Any(h => h.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)))
        {
            head.Append("Host: docker\r\n");
        }

        foreach (var (name, value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (Body is not null && !Headers.Any(h => h.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)))
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        }

        return [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. Body ?? []];
    }

    /// <summary>Percent-encodes what may not stand in a request line; what is encoded already stays.</summary>
    private static string Escape(string target)
    {
        var escaped = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(target))
        {
            escaped.Append(b is > 0x20 and < 0x7f && !"\"{}<>\\^`|".Contains((char)b, StringComparison.Ordinal)
                ? ((char)b).ToString()
                : string.Create(CultureInfo.InvariantCulture, $"%{b:X2}"));
        }

        return escaped.ToString();
    }
}
