using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Gantry.Engine.Events;

/// <summary>Hands events to every subscriber in one order and keeps the last <see cref="HistoryLength"/> for clients that ask <c>since</c>.</summary>
public sealed class EventBus
{
    /// <summary>As many as Docker keeps.</summary>
    public const int HistoryLength = 256;

    /// <summary>A subscriber this far behind is cut off: it sees the end of its stream, not a gap in it.</summary>
    private const int SubscriberBacklog = 8192;

    private readonly Lock _lock = new();
    private readonly Queue<EngineEvent> _history = new(HistoryLength);
    private readonly List<Channel<EngineEvent>> _subscribers = [];
    private long _lastNano;
    private long _published;

    /// <summary>How many clients listen now.</summary>
    public int Listeners
    {
        get
        {
            lock (_lock)
            {
                return _subscribers.Count;
            }
        }
    }

    /// <summary>Events so far.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Publishes an event with the time of this call.</summary>
    public void Publish(string type, string action, string id, IReadOnlyDictionary<string, string> attributes, string scope = "local")
    {
        var legacy = type is "container" or "image";
        lock (_lock)
        {
            var nano = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
            _lastNano = nano = Math.Max(nano, _lastNano + 1);
            var entry = new EngineEvent
            {
                Type = type,
                Action = action,
                Actor = new EngineEventActor { Id = id, Attributes = attributes },
                Scope = scope,
                Time = nano / 1_000_000_000,
                TimeNano = nano,
                Status = legacy ? action : null,
                Id = legacy ? id : null,
                From = type == "container" ? attributes.GetValueOrDefault("image") : null,
            };
            if (_history.Count == HistoryLength)
            {
                _history.Dequeue();
            }

            _history.Enqueue(entry);
            _published++;
            _subscribers.RemoveAll(s => !s.Writer.TryWrite(entry) && s.Writer.TryComplete());
        }
    }

    /// <summary>Events from <paramref name="sinceNano"/> on (null: from now on) in order, until the token fires. History and live part join without gap or double.</summary>
    public async IAsyncEnumerable<EngineEvent> SubscribeAsync(long? sinceNano, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<EngineEvent>(new BoundedChannelOptions(SubscriberBacklog) { SingleReader = true });
        EngineEvent[] past;
        lock (_lock)
        {
            past = sinceNano is { } since ? _history.Where(e => e.TimeNano >= since).ToArray() : [];
            _subscribers.Add(channel);
        }

        try
        {
            foreach (var entry in past)
            {
                yield return entry;
            }

            await foreach (var entry in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return entry;
            }
        }
        finally
        {
            lock (_lock)
            {
                _subscribers.Remove(channel);
            }
        }
    }

    /// <summary>What is kept of the time between two moments.</summary>
    public IReadOnlyList<EngineEvent> Past(long sinceNano, long untilNano)
    {
        lock (_lock)
        {
            return _history.Where(e => e.TimeNano >= sinceNano && e.TimeNano <= untilNano).ToArray();
        }
    }
}
