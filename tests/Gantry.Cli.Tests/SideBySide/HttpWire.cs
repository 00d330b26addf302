using System.Globalization;
using System.Text;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>The start line and the headers of a message, as they came.</summary>
internal sealed record HttpHead(string StartLine, Dictionary<string, string> Headers, byte[] Raw)
{
    public string? this[string name] => Headers.GetValueOrDefault(name);
}

/// <summary>Reads HTTP/1.1 from a stream, as much as a recorder needs.</summary>
internal sealed class HttpWire(Stream stream)
{
    /// <summary>Null at the end of the connection.</summary>
    public async Task<HttpHead?> ReadHeadAsync()
    {
        var raw = new MemoryStream();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            raw.WriteByte(one[0]);
            if (one[0] == '\n' && raw.Length >= 4 && raw.GetBuffer().AsSpan((int)raw.Length - 4, 4).SequenceEqual("\r\n\r\n"u8))
            {
                var bytes = raw.ToArray();
                var lines = Encoding.ASCII.GetString(bytes).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                foreach (var line in lines.Skip(1))
                {
                    var colon = line.IndexOf(':', StringComparison.Ordinal);
                    headers[line[..colon]] = line[(colon + 1)..].Trim();
                }

                return new HttpHead(lines[0], headers, bytes);
            }
        }

        return null;
    }

    /// <summary>Reads a body; <paramref name="seen"/> gets the bytes as they were on the wire, at once.</summary>
    /// <param name="untilEnd">Whether a body without a length goes on to the end of the connection.</param>
    public async Task<byte[]> ReadBodyAsync(HttpHead head, bool untilEnd, Func<ReadOnlyMemory<byte>, Task>? seen = null)
    {
        var body = new MemoryStream();
        if (head["Transfer-Encoding"] == "chunked")
        {
            while (true)
            {
                var line = await ReadLineAsync(seen);
                var size = int.Parse(line.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await CopyAsync(body, size, seen);
                await ReadLineAsync(seen);
                if (size == 0)
                {
                    return body.ToArray();
                }
            }
        }

        var length = head["Content-Length"] is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : untilEnd ? long.MaxValue : 0;
        await CopyAsync(body, length, seen);
        return body.ToArray();
    }

    private async Task CopyAsync(MemoryStream body, long length, Func<ReadOnlyMemory<byte>, Task>? seen)
    {
        var buffer = new byte[16384];
        while (length > 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)));
            if (read == 0)
            {
                return;
            }

            length -= read;
            body.Write(buffer, 0, read);
            await (seen?.Invoke(buffer.AsMemory(0, read)) ?? Task.CompletedTask);
        }
    }

    private async Task<string> ReadLineAsync(Func<ReadOnlyMemory<byte>, Task>? seen)
    {
        var line = new MemoryStream();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            line.WriteByte(one[0]);
            if (one[0] == '\n')
            {
                break;
            }
        }

        await (seen?.Invoke(line.ToArray()) ?? Task.CompletedTask);
        return Encoding.ASCII.GetString(line.ToArray()).Trim();
    }
}
