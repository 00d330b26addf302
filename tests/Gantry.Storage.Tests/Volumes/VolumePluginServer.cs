using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Storage.Tests.Volumes;

/// <summary>A volume plugin on a unix socket that keeps its volumes in directories, and notes what it is asked.</summary>
internal sealed class VolumePluginServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly string _data;
    private readonly Task _serving;

    public VolumePluginServer(string socket, string data, string kind = "VolumeDriver")
    {
        _data = data;
        Kind = kind;
        Directory.CreateDirectory(Path.GetDirectoryName(socket)!);
        _listener.Bind(new UnixDomainSocketEndPoint(socket));
        _listener.Listen();
        _serving = ServeAsync();
    }

    public string Kind { get; }

    /// <summary>Method and question, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public ConcurrentDictionary<string, string> Volumes { get; } = [];

    /// <summary>Method that fails, with these words.</summary>
    public (string Method, string Error)? Failure { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var client = await _listener.AcceptAsync(_end.Token);
            _ = Task.Run(async () =>
            {
                using var stream = new NetworkStream(client, ownsSocket: true);
                while (await AnswerAsync(stream))
                {
                }
            });
        }
    }

    /// <summary>One request; false at the end of the connection.</summary>
    private async Task<bool> AnswerAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
            {
                return false;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.Where(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(l => int.Parse(l.AsSpan(15), CultureInfo.InvariantCulture)).FirstOrDefault();
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _end.Token);
        var method = lines[0].Split(' ')[1].TrimStart('/');
        Asked.Enqueue($"{method} {Encoding.UTF8.GetString(body)}".TrimEnd());
        var answer = Encoding.UTF8.GetBytes(Answer(method, length == 0 ? [] : JsonNode.Parse(body)!.AsObject()).ToJsonString());
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n"), _end.Token);
        await stream.WriteAsync(answer, _end.Token);
        return true;
    }

    private JsonObject Answer(string method, JsonObject question)
    {
        var name = (string?)question["Name"] ?? "";
        if (Failure is { } failure && failure.Method == method)
        {
            return new JsonObject { ["Err"] = failure.Error };
        }

        switch (method)
        {
            case "Plugin.Activate":
                return new JsonObject { ["Implements"] = new JsonArray(Kind) };
            case "VolumeDriver.Capabilities":
                return new JsonObject { ["Capabilities"] = new JsonObject { ["Scope"] = "Global" } };
            case "VolumeDriver.Create":
                Volumes[name] = Path.Combine(_data, name);
                Directory.CreateDirectory(Volumes[name]);
                return [];
            case "VolumeDriver.List":
                return new JsonObject { [nameof(Volumes)] = new JsonArray([.. Volumes.Select(v => new JsonObject { ["Name"] = v.Key, ["Mountpoint"] = v.Value })]) };
        }

        if (!Volumes.TryGetValue(name, out var path))
        {
            return new JsonObject { ["Err"] = $"there is no {name}" };
        }

        switch (method)
        {
            case "VolumeDriver.Get":
                return new JsonObject { ["Volume"] = new JsonObject { ["Name"] = name, ["Mountpoint"] = path, ["Status"] = new JsonObject { ["Hello"] = "world" } } };
            case "VolumeDriver.Remove":
                Volumes.TryRemove(name, out _);
                return [];
            case "VolumeDriver.Mount" or "VolumeDriver.Path":
                return new JsonObject { ["Mountpoint"] = path };
            default:
                return [];
        }
    }
}
