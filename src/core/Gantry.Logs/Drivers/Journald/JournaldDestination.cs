using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gantry.Logs.Drivers.Transport;

namespace Gantry.Logs.Drivers.Journald;

/// <summary>Sends entries to the host's journal (systemd's native journal protocol: one datagram of fields an entry).</summary>
internal sealed class JournaldDestination : ILogDestination
{
    internal const string DefaultSocket = "/run/systemd/journal/socket";

    private readonly LogConnection _connection;
    private readonly string _socket;
    private readonly SortedDictionary<string, string> _fields;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    internal JournaldDestination(LogSubject subject, string socket = DefaultSocket)
    {
        _socket = socket;
        _connection = new LogConnection(new LogAddress("unixgram", string.Empty, 0, socket));
        var tag = LogTag.Expand(subject, LogTag.Default);
        _fields = LogAttributes.Of(subject, FieldName);
        _fields.Remove(string.Empty);
        _fields["CONTAINER_ID"] = subject.ShortId;
        _fields["CONTAINER_ID_FULL"] = subject.Id;
        _fields["CONTAINER_NAME"] = subject.Name;
        _fields["CONTAINER_TAG"] = tag;
        _fields["IMAGE_NAME"] = subject.ImageName;
        _fields["SYSLOG_IDENTIFIER"] = tag;
    }

    public DestinationPolicy Policy { get; } = new();

    public Task ConnectAsync(CancellationToken cancellationToken) => File.Exists(_socket)
        ? _connection.ConnectAsync(cancellationToken)
        : throw new LogDestinationException("journald is not enabled on this host");

    public async Task SendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
        {
            Write(entry);
            await _connection.SendAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Upper-case letters, digits and underscores, not beginning with an underscore.</summary>
    private static string FieldName(string name)
    {
        var upper = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
        return upper.TrimStart('_');
    }

    private void Write(in LogEntry entry)
    {
        _buffer.ResetWrittenCount();
        Field("MESSAGE", EntryText.Line(entry).Span);
        Field("PRIORITY", EntryText.Severity(entry).ToString(CultureInfo.InvariantCulture));
        Field("SYSLOG_TIMESTAMP", EntryText.Time(entry).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
        if (EntryText.IsPartial(entry))
        {
            Field("CONTAINER_PARTIAL_MESSAGE", "true");
        }

        foreach (var (name, value) in _fields)
        {
            Field(name, value);
        }
    }

    private void Field(string name, string value) => Field(name, Encoding.UTF8.GetBytes(value));

    /// <summary><c>NAME=VALUE</c>, or where the value has a newline its name, eight bytes of little-endian length and the value.</summary>
    private void Field(string name, ReadOnlySpan<byte> value)
    {
        _buffer.Write(Encoding.ASCII.GetBytes(name));
        if (value.Contains((byte)'\n'))
        {
            _buffer.Write("\n"u8);
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(8), (ulong)value.Length);
            _buffer.Advance(8);
        }
        else
        {
            _buffer.Write("="u8);
        }

        _buffer.Write(value);
        _buffer.Write("\n"u8);
    }
}
