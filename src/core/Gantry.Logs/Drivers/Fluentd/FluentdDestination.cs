using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gantry.Logs.Drivers.Transport;

namespace Gantry.Logs.Drivers.Fluentd;

/// <summary>Sends entries to fluentd or Fluent Bit (forward protocol v1, message mode).</summary>
internal sealed class FluentdDestination : ILogDestination
{
    private static readonly TimeSpan s_ackLimit = TimeSpan.FromSeconds(30);

    private readonly FluentdOptions _options;
    private readonly LogConnection _connection;
    private readonly string _tag;
    private readonly LogSubject _subject;
    private readonly SortedDictionary<string, string> _extra;
    private readonly MessagePack _pack = new();
    private readonly Partial _stdout = new();
    private readonly Partial _stderr = new();

    internal FluentdDestination(LogSubject subject)
    {
        _options = FluentdOptions.Parse(subject.Options);
        _subject = subject;
        _tag = LogTag.Expand(subject, LogTag.Default);
        _extra = LogAttributes.Of(subject);
        var tls = _options.Address.Network == "tcp+tls"
            ? TlsSettings.For(_options.Address.Host, string.Empty, string.Empty, string.Empty, skipVerification: false) : null;
        _connection = new LogConnection(_options.Address, tls);
        Policy = new DestinationPolicy
        {
            FirstWait = _options.RetryWait,
            LongestWait = _options.RetryWait > TimeSpan.FromSeconds(60) ? _options.RetryWait : TimeSpan.FromSeconds(60),
            MaxAttempts = _options.MaxRetries + 1,
            StartsUnconnected = _options.IsAsync,
            QueueLimit = _options.IsAsync ? _options.BufferLimit : null,
        };
    }

    public DestinationPolicy Policy { get; }

    public Task ConnectAsync(CancellationToken cancellationToken) => _connection.ConnectAsync(cancellationToken);

    public async Task SendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        if (_connection.IsClosedByPeer)
        {
            throw new LogDestinationException("fluentd: connection closed");
        }

        if (_options.ReconnectInterval is { } interval && DateTimeOffset.UtcNow - _connection.ConnectedAt > interval)
        {
            await _connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }

        _pack.Clear();
        foreach (var entry in entries)
        {
            var chunk = _options.RequestAck ? Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)) : null;
            Write(entry, chunk);
            if (chunk is not null || _pack.Written.Length > 32 * 1024)
            {
                await _connection.SendAsync(_pack.Written, cancellationToken).ConfigureAwait(false);
                _pack.Clear();
            }

            if (chunk is not null)
            {
                await AwaitAckAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
        }

        if (_pack.Written.Length > 0)
        {
            await _connection.SendAsync(_pack.Written, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private void Write(in LogEntry entry, string? chunk)
    {
        var partial = (entry.Stream == LogStream.Stderr ? _stderr : _stdout).Next(entry);
        _pack.Array(chunk is null ? 3 : 4);
        _pack.Text(_tag);
        var seconds = (uint)(entry.Timestamp / 1_000_000_000);
        if (_options.SubSecondPrecision)
        {
            _pack.EventTime(seconds, (uint)(entry.Timestamp % 1_000_000_000));
        }
        else
        {
            _pack.Integer(seconds);
        }

        var own = new Dictionary<string, string>
        {
            ["container_id"] = _subject.Id,
            ["container_name"] = "/" + _subject.Name,
            ["source"] = entry.Stream == LogStream.Stderr ? "stderr" : "stdout",
        };
        foreach (var (name, value) in _extra.Concat(partial))
        {
            own[name] = value;
        }

        own.Remove("log");
        _pack.Map(own.Count + 1);
        foreach (var (name, value) in own)
        {
            _pack.Text(name);
            _pack.Text(value);
        }

        _pack.Text("log");
        _pack.Text(EntryText.Line(entry).Span);
        if (chunk is not null)
        {
            _pack.Map(1);
            _pack.Text("chunk");
            _pack.Text(chunk);
        }
    }

    /// <summary>The answer is a map of one entry, <c>ack</c> and the chunk's name: it is enough to look for that name in it.</summary>
    private async Task AwaitAckAsync(string chunk, CancellationToken cancellationToken)
    {
        var wanted = Encoding.ASCII.GetBytes(chunk);
        var buffer = new byte[256];
        var length = 0;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_ackLimit);
        try
        {
            while (buffer.AsSpan(0, length).IndexOf(wanted) < 0)
            {
                var n = length == buffer.Length ? 0 : await _connection.ReceiveAsync(buffer.AsMemory(length), limit.Token).ConfigureAwait(false);
                length += n > 0 ? n : throw new LogDestinationException("fluentd: an entry was not acknowledged");
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LogDestinationException("fluentd: an entry was not acknowledged in time", e);
        }
    }

    /// <summary>Numbers the pieces of an overlong line of one stream.</summary>
    private sealed class Partial
    {
        private string? _id;
        private int _ordinal;

        internal IReadOnlyDictionary<string, string> Next(in LogEntry entry)
        {
            var more = EntryText.IsPartial(entry);
            if (_id is null && !more)
            {
                return System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;
            }

            _id ??= RandomNumberGenerator.GetHexString(64, lowercase: true);
            var fields = new Dictionary<string, string>
            {
                ["partial_message"] = "true",
                ["partial_id"] = _id,
                ["partial_ordinal"] = (++_ordinal).ToString(CultureInfo.InvariantCulture),
                ["partial_last"] = more ? "false" : "true",
            };
            if (!more)
            {
                (_id, _ordinal) = (null, 0);
            }

            return fields;
        }
    }
}
