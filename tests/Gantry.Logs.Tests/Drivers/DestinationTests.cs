using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Logs.Drivers;
using Gantry.Logs.Drivers.Journald;

namespace Gantry.Logs.Tests.Drivers;

/// <summary>What goes over the wire, byte by byte where a specification says so.</summary>
public sealed class DestinationTests
{
    private const long Time = 1_700_000_000_123_456_789;

    [Fact]
    public async Task Fluentd_messages_are_msgpack_of_the_forward_protocol()
    {
        using var server = Listen(SocketType.Stream);
        await using var destination = LogDrivers.CreateDestination("fluentd", Subject(
            ("fluentd-address", $"127.0.0.1:{Port(server)}"), ("fluentd-sub-second-precision", "true"), ("tag", "t.{{.Name}}")));
        await destination.ConnectAsync(CancellationToken.None);
        await destination.SendAsync([Entry("hello\n", LogStream.Stderr)], CancellationToken.None);

        var bytes = await ReadAsync(server);

        // [ "t.web", EventTime, { 4 entries } ]
        Assert.Equal([0x93, 0xa5, .. "t.web"u8, 0xd7, 0x00], bytes[..9]);
        Assert.Equal([0x65, 0x53, 0xf1, 0x00, 0x07, 0x5b, 0xcd, 0x15, 0x84], bytes[9..18]);
        var rest = Encoding.UTF8.GetString(bytes[18..]);
        Assert.Contains("/web", rest, StringComparison.Ordinal);
        Assert.EndsWith("source\ufffdstderr\ufffdlog\ufffdhello", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fluentd_waits_for_the_acknowledgement_it_asked_for()
    {
        using var server = Listen(SocketType.Stream);
        await using var destination = LogDrivers.CreateDestination("fluentd", Subject(("fluentd-address", $"127.0.0.1:{Port(server)}"), ("fluentd-request-ack", "true")));
        await destination.ConnectAsync(CancellationToken.None);
        using var connection = await server.AcceptAsync();

        var sending = destination.SendAsync([Entry("hello\n")], CancellationToken.None);

        var buffer = new byte[4096];
        var text = Encoding.ASCII.GetString(buffer, 0, await connection.ReceiveAsync(buffer));
        var chunk = text[(text.IndexOf("chunk", StringComparison.Ordinal) + 6)..];
        Assert.Equal(24, chunk.Length);
        await Task.Delay(100);
        Assert.False(sending.IsCompleted);
        await connection.SendAsync((byte[])[0x81, 0xa3, .. "ack"u8, 0xb8, .. Encoding.ASCII.GetBytes(chunk)]);
        await sending.WaitAsync(TimeSpan.FromSeconds(10));

        var second = destination.SendAsync([Entry("more\n")], CancellationToken.None);
        connection.Dispose();
        await Assert.ThrowsAsync<LogDestinationException>(() => second);
    }

    [Fact]
    public async Task Fluentd_tells_the_pieces_of_an_overlong_line()
    {
        using var server = Listen(SocketType.Stream);
        await using var destination = LogDrivers.CreateDestination("fluentd", Subject(("fluentd-address", $"127.0.0.1:{Port(server)}")));
        await destination.ConnectAsync(CancellationToken.None);
        await destination.SendAsync([Entry(new string('x', 16 * 1024)), Entry("rest\n"), Entry("next\n")], CancellationToken.None);
        await destination.DisposeAsync();

        var text = Encoding.Latin1.GetString(await ReadAsync(server));

        Assert.Contains("partial_last\u00a5false", text, StringComparison.Ordinal);
        Assert.Contains("partial_last\u00a4true", text, StringComparison.Ordinal);
        Assert.Contains("partial_ordinal\u00a12", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("partial_message").Length - 1);
    }

    [Fact]
    public async Task Gelf_over_tcp_is_json_that_ends_in_a_zero_byte()
    {
        using var server = Listen(SocketType.Stream);
        await using var destination = LogDrivers.CreateDestination("gelf", Subject(("gelf-address", $"tcp://127.0.0.1:{Port(server)}")));
        await destination.ConnectAsync(CancellationToken.None);
        await destination.SendAsync([Entry("one\n"), Entry("two\n", LogStream.Stderr)], CancellationToken.None);
        await destination.DisposeAsync();

        var messages = Encoding.UTF8.GetString(await ReadAsync(server)).Split('\0');

        Assert.Equal(3, messages.Length);
        Assert.Equal("", messages[2]);
        var second = JsonDocument.Parse(messages[1]).RootElement;
        Assert.Equal(("1.1", "two", 3), (second.GetProperty("version").GetString(), second.GetProperty("short_message").GetString(), second.GetProperty("level").GetInt32()));
        Assert.Equal("1700000000.123", second.GetProperty("timestamp").GetRawText());
        Assert.Equal("sha256:0123", second.GetProperty("_image_id").GetString());
    }

    [Fact]
    public async Task Gelf_datagrams_are_chunked_when_they_are_large()
    {
        using var server = Listen(SocketType.Dgram);
        await using var destination = LogDrivers.CreateDestination("gelf", Subject(("gelf-address", $"udp://127.0.0.1:{Port(server)}"), ("gelf-compression-type", "none")));
        await destination.ConnectAsync(CancellationToken.None);
        await destination.SendAsync([Entry(new string('x', 3000) + "\n")], CancellationToken.None);

        var text = new MemoryStream();
        var buffer = new byte[2000];
        for (byte i = 0; i < 3; i++)
        {
            var n = await server.ReceiveAsync(buffer);
            Assert.Equal([0x1e, 0x0f], buffer[..2]);
            Assert.Equal([i, 3], buffer[10..12]);
            Assert.True(n <= 1420);
            text.Write(buffer, 12, n - 12);
        }

        Assert.Equal(3000, JsonDocument.Parse(text.ToArray()).RootElement.GetProperty("short_message").GetString()!.Length);
    }

    [Fact]
    public async Task Journald_gets_one_datagram_of_fields_an_entry()
    {
        using var log = new TestLog();
        var path = log.Directory + "/socket";
        using var server = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path));
        await using var destination = new JournaldDestination(
            Subject(("labels", "com.example.team"), ("env", "MULTI"), ("tag", "web")) with { Environment = ["MULTI=a\nb"] }, path);
        await destination.ConnectAsync(CancellationToken.None);
        await destination.SendAsync([Entry("hello\n", LogStream.Stderr)], CancellationToken.None);

        var buffer = new byte[4096];
        var text = Encoding.UTF8.GetString(buffer, 0, await server.ReceiveAsync(buffer));

        Assert.StartsWith("MESSAGE=hello\nPRIORITY=3\n", text, StringComparison.Ordinal);
        Assert.Contains("\nCOM_EXAMPLE_TEAM=blue\n", text, StringComparison.Ordinal);
        Assert.Contains("\nCONTAINER_ID=0123456789ab\n", text, StringComparison.Ordinal);
        Assert.Contains("\nSYSLOG_IDENTIFIER=web\n", text, StringComparison.Ordinal);
        Assert.Contains("\nMULTI\n\u0003\0\0\0\0\0\0\0a\nb\n", text, StringComparison.Ordinal);
        await using var absent = new JournaldDestination(Subject(), path + ".none");
        Assert.Equal("journald is not enabled on this host", (await Assert.ThrowsAsync<LogDestinationException>(() => absent.ConnectAsync(CancellationToken.None))).Message);
    }

    [Fact]
    public async Task A_connection_that_the_server_closed_is_noticed_before_entries_go_into_it()
    {
        using var server = Listen(SocketType.Stream);
        await using var destination = LogDrivers.CreateDestination("syslog", Subject(("syslog-address", $"tcp://127.0.0.1:{Port(server)}")));
        await destination.ConnectAsync(CancellationToken.None);
        (await server.AcceptAsync()).Dispose();
        await Task.Delay(50);

        await Assert.ThrowsAsync<LogDestinationException>(() => destination.SendAsync([Entry("lost?\n")], CancellationToken.None));
        await destination.ConnectAsync(CancellationToken.None);
        await destination.SendAsync([Entry("arrived\n")], CancellationToken.None);
        Assert.EndsWith(": arrived\n", Encoding.UTF8.GetString(await ReadAsync(server)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10m", 10L << 20)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("512", 512L)]
    [InlineData("1kb", 1024L)]
    public void Sizes_are_read_as_docker_reads_them(string text, long size) => Assert.Equal(size, OptionText.Size(text));

    [Theory]
    [InlineData("5K", 5_000L)]
    [InlineData("1.5 GiB", 1_500_000_000L)]
    [InlineData("512", 512L)]
    [InlineData("10mb", 10_000_000L)]
    public void Sizes_of_log_files_are_decimal(string text, long size)
    {
        Assert.Equal(size, FileLogOptions.JsonFile(new Dictionary<string, string> { ["max-size"] = text }).MaxSize);
        Assert.Equal(size, FileLogOptions.Local(new Dictionary<string, string> { ["max-size"] = text }).MaxSize);
        Assert.Equal(size, FileLogOptions.Local(new Dictionary<string, string> { ["cache-max-size"] = text }, "cache-").MaxSize);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("99999999999p")]
    [InlineData("1x", "invalid suffix: 'x'")]
    [InlineData("1.5 KIX", "invalid suffix: 'kix'")]
    public void Wrong_sizes_are_refused(string text, string? complaint = null) =>
        Assert.Equal(complaint ?? $"invalid size: '{text}'", Assert.Throws<GantryException>(() => OptionText.Size(text)).Message);

    private static LogEntry Entry(string text, LogStream stream = LogStream.Stdout) => new(stream, Time, Encoding.UTF8.GetBytes(text), default);

    private static LogSubject Subject(params (string Key, string Value)[] options) => new()
    {
        Id = "0123456789abcdef",
        Name = "web",
        ImageId = "sha256:0123",
        ImageName = "busybox",
        Command = "echo hi",
        Created = "2026-01-01T00:00:00Z",
        Labels = new Dictionary<string, string> { ["com.example.team"] = "blue" },
        Environment = [],
        Options = options.ToDictionary(o => o.Key, o => o.Value),
    };

    private static Socket Listen(SocketType type)
    {
        var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream)
        {
            socket.Listen();
        }

        return socket;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>What the next connection sends until it pauses.</summary>
    private static async Task<byte[]> ReadAsync(Socket server)
    {
        using var connection = await server.AcceptAsync();
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            using var pause = new CancellationTokenSource();
            while (true)
            {
                pause.CancelAfter(all.Length == 0 ? TimeSpan.FromSeconds(10) : TimeSpan.FromMilliseconds(300));
                var n = await connection.ReceiveAsync(buffer, pause.Token);
                if (n == 0)
                {
                    break;
                }

                all.Write(buffer, 0, n);
            }
        }
        catch (OperationCanceledException)
        {
            // Nothing more for now.
        }

        return all.ToArray();
    }
}
