using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Logs.Drivers.Transport;

namespace Gantry.Logs.Drivers.Gelf;

/// <summary>Sends entries to a Graylog server (GELF 1.1: datagrams, compressed and chunked, or a stream of JSON texts that end in a zero byte).</summary>
internal sealed class GelfDestination : ILogDestination
{
    private const int ChunkSize = 1420;
    private const int ChunkHeader = 12;
    private const int MaxChunks = 128;

    private readonly GelfOptions _options;
    private readonly LogConnection _connection;
    private readonly Dictionary<string, string> _fields;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    internal GelfDestination(LogSubject subject)
    {
        _options = GelfOptions.Parse(subject.Options);
        _connection = new LogConnection(_options.Address);
        _fields = new Dictionary<string, string>
        {
            ["_container_id"] = subject.Id,
            ["_container_name"] = subject.Name,
            ["_image_id"] = subject.ImageId,
            ["_image_name"] = subject.ImageName,
            ["_command"] = subject.Command,
            ["_tag"] = LogTag.Expand(subject, LogTag.Default),
            ["_created"] = subject.Created,
        };
        foreach (var (name, value) in LogAttributes.Of(subject, name => name.StartsWith('_') ? name : "_" + name))
        {
            _fields[name] = value;
        }

        Policy = new DestinationPolicy
        {
            FirstWait = _options.ReconnectDelay ?? TimeSpan.FromSeconds(1),
            LongestWait = _options.ReconnectDelay ?? TimeSpan.FromSeconds(10),
            MaxAttempts = _options.MaxReconnect + 1,
        };
    }

    public DestinationPolicy Policy { get; }

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (LogDestinationException e)
        {
            throw new LogDestinationException($"gelf: cannot connect to GELF endpoint: {_options.Address.Text} {e.Message}", e);
        }
    }

    public async Task SendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        if (_connection.IsClosedByPeer)
        {
            throw new LogDestinationException("gelf: connection closed");
        }

        foreach (var entry in entries)
        {
            Write(entry);
            if (_options.Address.IsStream)
            {
                _buffer.Write("\0"u8);
                await _connection.SendAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await SendDatagramsAsync(Compress(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private void Write(in LogEntry entry)
    {
        _buffer.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_buffer);
        json.WriteStartObject();
        json.WriteString("version"u8, "1.1"u8);
        json.WriteString("host"u8, Environment.MachineName);
        json.WriteString("short_message"u8, EntryText.Text(entry));
        json.WriteNumber("timestamp"u8, entry.Timestamp / 1_000_000 / 1000m);
        json.WriteNumber("level"u8, EntryText.Severity(entry));
        foreach (var (name, value) in _fields)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private ReadOnlyMemory<byte> Compress()
    {
        if (_options.Compression == "none")
        {
            return _buffer.WrittenMemory;
        }

        var compressed = new MemoryStream();
        var settings = new ZLibCompressionOptions { CompressionLevel = _options.Level < 0 ? 6 : _options.Level };
        using (Stream stream = _options.Compression == "gzip" ? new GZipStream(compressed, settings, leaveOpen: true) : new ZLibStream(compressed, settings, leaveOpen: true))
        {
            stream.Write(_buffer.WrittenSpan);
        }

        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }

    private async Task SendDatagramsAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (message.Length <= ChunkSize)
        {
            await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
            return;
        }

        const int room = ChunkSize - ChunkHeader;
        var count = (message.Length + room - 1) / room;
        if (count > MaxChunks)
        {
            // It can't be told in GELF: better without this entry than stuck on it.
            return;
        }

        var chunk = new byte[ChunkSize];
        (chunk[0], chunk[1], chunk[11]) = (0x1e, 0x0f, (byte)count);
        RandomNumberGenerator.Fill(chunk.AsSpan(2, 8));
        for (var i = 0; i < count; i++)
        {
            var piece = message.Slice(i * room, Math.Min(room, message.Length - (i * room)));
            chunk[10] = (byte)i;
            piece.CopyTo(chunk.AsMemory(ChunkHeader));
            await _connection.SendAsync(chunk.AsMemory(0, ChunkHeader + piece.Length), cancellationToken).ConfigureAwait(false);
        }
    }
}
