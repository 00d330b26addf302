using System.Buffers;
using System.Globalization;
using System.Text;
using Gantry.Logs.Drivers.Transport;

namespace Gantry.Logs.Drivers.Syslog;

/// <summary>Sends entries to a syslog server (RFC 3164, RFC 5424, RFC 5425 framing over TLS).</summary>
internal sealed class SyslogDestination : ILogDestination
{
    private static readonly LogAddress[] s_local =
    [
        .. from path in new[] { "/dev/log", "/var/run/syslog", "/var/run/log" }
           from network in new[] { "unixgram", "unix" }
           select new LogAddress(network, string.Empty, 0, path),
    ];

    private readonly SyslogOptions _options;
    private readonly string _tag;
    private readonly string _host = Environment.MachineName;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private LogConnection? _connection;
    private readonly Func<LogAddress, LogConnection> _connect;

    internal SyslogDestination(LogSubject subject)
    {
        _options = SyslogOptions.Parse(subject.Options);
        _tag = LogTag.Expand(subject, LogTag.Default);
        string Option(string name) => subject.Options.GetValueOrDefault("syslog-tls-" + name, string.Empty);
        var tls = _options.Address?.Network != "tcp+tls" ? null
            : TlsSettings.For(_options.Address.Host, Option("ca-cert"), Option("cert"), Option("key"), Option("skip-verify").Length > 0);
        _connect = address => new LogConnection(address, tls);
    }

    public DestinationPolicy Policy { get; } = new();

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync().ConfigureAwait(false);
        if (_options.Address is { } address)
        {
            await ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (var local in s_local.Where(l => File.Exists(l.Path)))
        {
            try
            {
                await ConnectAsync(local, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (LogDestinationException)
            {
                // The next kind of socket, or the next place.
            }
        }

        throw new LogDestinationException("Unix syslog delivery error");
    }

    public async Task SendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        var connection = _connection is { IsClosedByPeer: false } open ? open : throw new LogDestinationException("connection closed");
        _buffer.ResetWrittenCount();
        foreach (var entry in entries)
        {
            Write(entry);
            if (!connection.Address.IsStream || _buffer.WrittenCount > 32 * 1024)
            {
                await connection.SendAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
                _buffer.ResetWrittenCount();
            }
        }

        if (_buffer.WrittenCount > 0)
        {
            await connection.SendAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
            _connection = null;
        }
    }

    private async Task ConnectAsync(LogAddress address, CancellationToken cancellationToken)
    {
        var connection = _connect(address);
        await connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
        _connection = connection;
    }

    private void Write(in LogEntry entry)
    {
        var head = Encoding.UTF8.GetBytes(Head(entry));
        var line = EntryText.Line(entry).Span;
        if (_connection!.Address.Network == "tcp+tls" && _options.Format is SyslogFormat.Rfc5424 or SyslogFormat.Rfc5424Micro)
        {
            _buffer.Write(Encoding.ASCII.GetBytes((head.Length + line.Length + 1).ToString(CultureInfo.InvariantCulture) + " "));
        }

        _buffer.Write(head);
        _buffer.Write(line);
        _buffer.Write("\n"u8);
    }

    private string Head(in LogEntry entry)
    {
        var priority = ((_options.Facility << 3) | EntryText.Severity(entry)).ToString(CultureInfo.InvariantCulture);
        var time = EntryText.Time(entry).ToLocalTime();
        var process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var stamp = time.ToString("MMM ", CultureInfo.InvariantCulture) + time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + time.ToString(" HH:mm:ss", CultureInfo.InvariantCulture);
        return _options.Format switch
        {
            SyslogFormat.Unix => $"<{priority}>{stamp} {_tag}[{process}]: ",
            SyslogFormat.Rfc3164 => $"<{priority}>{stamp} {_host} {_tag}[{process}]: ",
            SyslogFormat.Rfc5424 => $"<{priority}>1 {Rfc3339(time, string.Empty)} {_host} {_tag} {process} {_tag} - ",
            _ => $"<{priority}>1 {Rfc3339(time, ".ffffff")} {_host} {_tag} {process} {_tag} - ",
        };
    }

    private static string Rfc3339(DateTimeOffset time, string fraction) => time.Offset == TimeSpan.Zero
        ? time.ToString($"yyyy-MM-ddTHH:mm:ss{fraction}", CultureInfo.InvariantCulture) + "Z"
        : time.ToString($"yyyy-MM-ddTHH:mm:ss{fraction}zzz", CultureInfo.InvariantCulture);
}
