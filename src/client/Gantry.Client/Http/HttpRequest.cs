using System.Globalization;
using System.Text;

namespace Gantry.Client.Http;

/// <summary>One request. Header names and values are ours or checked: nothing of the user's gets into the head unescaped.</summary>
public sealed class HttpRequest(string method, string target)
{
    private readonly List<KeyValuePair<string, string>> _headers = [];

    public string Method { get; } = method;

    /// <summary>Path and query, already escaped.</summary>
    public string Target { get; } = target;

    /// <summary>The whole body, sent with its length.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Writes a body of unknown length, which is sent in chunks. What it throws ends the connection, so that half a body never looks whole.</summary>
    public Func<Stream, CancellationToken, Task>? BodyWriter { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Whether to ask for the connection itself ("Upgrade: tcp").</summary>
    public bool Upgrade { get; init; }

    public HttpRequest With(string name, string value)
    {
        if (value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0 || name.AsSpan().IndexOfAnyExcept(s_token) >= 0)
        {
            throw Errors.GantryException.InvalidArgument($"net/http: invalid header field value for \"{name}\"");
        }

        _headers.Add(new(name, value));
        return this;
    }

    private static readonly System.Buffers.SearchValues<char> s_token =
        System.Buffers.SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Head, and body where it is in memory, in one buffer.</summary>
    internal byte[] Serialize(string host, string userAgent)
    {
        var head = new StringBuilder(256);
        head.Append(Method).Append(' ').Append(Target).Append(" HTTP/1.1\r\nHost: ").Append(host)
            .Append("\r\nUser-Agent: ").Append(userAgent).Append("\r\n");
        foreach (var (name, value) in _headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (Upgrade)
        {
            head.Append("Connection: Upgrade\r\nUpgrade: tcp\r\n");
        }

        if (ContentType is not null)
        {
            head.Append("Content-Type: ").Append(ContentType).Append("\r\n");
        }

        if (BodyWriter is not null)
        {
            head.Append("Transfer-Encoding: chunked\r\n");
        }
        else if (Body.Length > 0 || Method is "POST" or "PUT")
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        }

        var text = head.Append("\r\n").ToString();
        var buffer = new byte[Encoding.UTF8.GetByteCount(text) + Body.Length];
        var length = Encoding.UTF8.GetBytes(text, buffer);
        Body.Span.CopyTo(buffer.AsSpan(length));
        return buffer;
    }
}
