using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gantry.Engine.Tests.Wire;

/// <summary>Sends one request on a connection of its own over a unix socket and reads the response as it stands on the wire.</summary>
internal static class WireClient
{
    /// <summary>How long an answer may take; the recorded engine waits for plugins at times.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("GANTRY_RECORD") is null ? 15 : 30);

    /// <param name="socket">Path of the engine's socket.</param>
    internal static Task<WireResponse> SendAsync(string socket, WireRequest request) =>
        SendBytesAsync(socket, request.ToBytes(), request.Method == "HEAD", request.Input);

    /// <summary>Sends bytes that needn't be a request at all.</summary>
    internal static async Task<WireResponse> SendBytesAsync(string socket, byte[] request, bool isHead = false, byte[]? input = null)
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var limit = new CancellationTokenSource(Patience);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), limit.Token);
        var stream = new NetworkStream(connection);
        await using var owned = stream.ConfigureAwait(true);
        var sending = SendAllAsync(stream, request, limit.Token);
        var reader = new WireReader(stream, limit.Token);
        var (status, headers) = await reader.ReadHeadAsync();
        if (input is not null)
        {
            await stream.WriteAsync(input, limit.Token);
            connection.Shutdown(SocketShutdown.Send);
        }

        var response = await ReadBodyAsync(reader, status, headers, isHead);
        await sending;
        return response;
    }

    /// <summary>A server may answer and close before it has read everything: the answer counts.</summary>
    private static async Task SendAllAsync(NetworkStream stream, byte[] request, CancellationToken limit)
    {
        try
        {
            await stream.WriteAsync(request, limit);
        }
        catch (IOException)
        {
            return;
        }
    }

    private static async Task<WireResponse> ReadBodyAsync(WireReader reader, int status, Dictionary<string, string> headers, bool isHead)
    {
        var length = headers.TryGetValue("Content-Length", out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : -1;
        var framing = headers.TryGetValue("Transfer-Encoding", out var coding) && coding == "chunked" ? Framing.Chunked
            : length >= 0 ? Framing.Length
            : isHead || status is 204 or 304 ? Framing.None
            : Framing.Close;
        if (isHead || framing == Framing.None || status is 204 or 304)
        {
            return new WireResponse(status, headers, [], framing, true);
        }

        var body = new MemoryStream();
        var whole = framing switch
        {
            Framing.Chunked => await reader.CopyChunksAsync(body),
            Framing.Length => await reader.CopyAsync(body, length),
            _ => await reader.CopyToEndAsync(body),
        };
        return new WireResponse(status, headers, body.ToArray(), framing, whole);
    }
}

/// <summary>Reads heads and bodies of responses.</summary>
internal sealed class WireReader(Stream stream, CancellationToken limit)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Status and headers (a repeated header's values joined by commas); 100 Continue is skipped.</summary>
    internal async Task<(int Status, Dictionary<string, string> Headers)> ReadHeadAsync()
    {
        while (true)
        {
            var line = await ReadLineAsync();
            var parts = line.Split(' ', 3);
            if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal))
            {
                throw new IOException($"no HTTP response: \"{line}\"");
            }

            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (await ReadLineAsync() is { Length: > 0 } header)
            {
                var colon = header.IndexOf(':', StringComparison.Ordinal);
                var (name, value) = (header[..colon], header[(colon + 1)..].Trim());
                headers[name] = headers.TryGetValue(name, out var before) ? $"{before}, {value}" : value;
            }

            var status = int.Parse(parts[1], CultureInfo.InvariantCulture);
            if (status != 100)
            {
                return (status, headers);
            }
        }
    }

    internal async Task<bool> CopyAsync(MemoryStream target, long count)
    {
        while (count > 0)
        {
            if (!await FillAsync())
            {
                return false;
            }

            var taken = (int)Math.Min(count, _end - _start);
            target.Write(_buffer, _start, taken);
            _start += taken;
            count -= taken;
        }

        return true;
    }

    internal async Task<bool> CopyToEndAsync(MemoryStream target)
    {
        try
        {
            while (await FillAsync())
            {
                target.Write(_buffer, _start, _end - _start);
                _start = _end;
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    internal async Task<bool> CopyChunksAsync(MemoryStream target)
    {
        try
        {
            while (true)
            {
                var size = int.Parse(await ReadLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (!await CopyAsync(target, size))
                {
                    return false;
                }

                await ReadLineAsync();
                if (size == 0)
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or FormatException)
        {
            return false;
        }
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        while (await FillAsync())
        {
            var b = _buffer[_start++];
            if (b == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(b);
        }

        throw new IOException("the connection ended within a line");
    }

    private async Task<bool> FillAsync()
    {
        if (_start < _end)
        {
            return true;
        }

        (_start, _end) = (0, 0);
        try
        {
            _end = await stream.ReadAsync(_buffer, limit);
        }
        catch (IOException)
        {
            // A reset is an end that came early; what was read counts.
            return false;
        }

        return _end > 0;
    }
}
