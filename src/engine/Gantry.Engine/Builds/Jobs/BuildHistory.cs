using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Gantry.BuildKit;
using Gantry.Errors;
using Gantry.IO.Grpc;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>
/// The latest builds, for <c>docker buildx history</c>: in memory, until the engine ends. What they said is kept for the last few whose logs are short.
/// Thread-safe.
/// </summary>
internal sealed class BuildHistory(int maxRecords, TimeSpan maxAge)
{
    private const int MaxLogs = 10;
    private const int MaxLogBytes = 256 << 10;
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private readonly List<Channel<BuildHistoryEvent>> _followers = [];

    internal void Begin(BuildJob job)
    {
        lock (_lock)
        {
            var request = job.Request;
            var record = new BuildHistoryRecord
            {
                Ref = request.Ref,
                Frontend = request.Frontend,
                FrontendAttributes = request.FrontendAttributes,
                Exporters = request.Exporters,
                CreatedAt = DateTimeOffset.UtcNow,
            };
            _entries.Add(new Entry(record));
            Trim();
            Tell(BuildHistoryEventType.Started, record);
        }
    }

    /// <param name="response">Null for a build that failed.</param>
    internal void End(BuildJob job, IReadOnlyDictionary<string, string>? response, Exception? failure)
    {
        lock (_lock)
        {
            var at = Find(job.Request.Ref);
            if (at < 0)
            {
                return;
            }

            var steps = job.Log.Steps();
            _entries[at].Record = _entries[at].Record with
            {
                CompletedAt = DateTimeOffset.UtcNow,
                ExporterResponse = response ?? new Dictionary<string, string>(),
                Error = failure is null ? null : Status(failure),
                CachedSteps = steps.Cached,
                TotalSteps = steps.Total,
                CompletedSteps = steps.Completed,
                Generation = _entries[at].Record.Generation + 1,
            };
            _entries[at].Log = job.Log.OutputBytes <= MaxLogBytes ? job.Log : null;
            foreach (var old in _entries.Where(e => e.Log is not null).SkipLast(MaxLogs))
            {
                old.Log = null;
            }

            Tell(BuildHistoryEventType.Complete, _entries[at].Record);
        }
    }

    /// <summary>Forgets what has ended too long ago, and the oldest when there are too many; not what is pinned.</summary>
    private void Trim()
    {
        var limit = DateTimeOffset.UtcNow - maxAge;
        for (var oldest = 0; oldest < _entries.Count;)
        {
            var record = _entries[oldest].Record;
            if (record is { Pinned: false, CompletedAt: { } completed } && (_entries.Count > maxRecords || completed < limit))
            {
                Remove(oldest);
            }
            else
            {
                oldest++;
            }
        }
    }

    /// <summary>What a finished build said, or null when it isn't kept.</summary>
    internal StatusLog? Log(string reference)
    {
        lock (_lock)
        {
            return Find(reference) is var at and >= 0 ? _entries[at].Log : null;
        }
    }

    /// <exception cref="GantryException">NotFound.</exception>
    internal void Update(UpdateBuildHistoryRequest request)
    {
        lock (_lock)
        {
            var at = Find(request.Ref);
            if (at < 0)
            {
                throw GantryException.NotFound($"failed to retrieve ref {request.Ref}: not found");
            }

            if (request.Delete)
            {
                Remove(at);
            }
            else if (!request.Finalize)
            {
                _entries[at].Record = _entries[at].Record with { Pinned = request.Pinned, Generation = _entries[at].Record.Generation + 1 };
                Tell(BuildHistoryEventType.Complete, _entries[at].Record);
            }
        }
    }

    /// <summary>The builds there are, and, unless the request ends early, what happens to them from then on.</summary>
    internal async IAsyncEnumerable<BuildHistoryEvent> ListenAsync(BuildHistoryRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<BuildHistoryEvent>();
        List<BuildHistoryEvent> there;
        lock (_lock)
        {
            Trim();
            there = [.. _entries.Select(e => e.Record).Where(r => Matches(request, r))
                .TakeLast(request.Limit > 0 ? request.Limit : _entries.Count)
                .Select(r => new BuildHistoryEvent(r.CompletedAt is null ? BuildHistoryEventType.Started : BuildHistoryEventType.Complete, r))];
            if (!request.EarlyExit)
            {
                _followers.Add(channel);
            }
        }

        try
        {
            foreach (var old in there)
            {
                yield return old;
            }

            while (!request.EarlyExit && await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (channel.Reader.TryRead(out var news))
                {
                    if (request.Ref.Length == 0 || news.Record.Ref == request.Ref)
                    {
                        yield return news;
                    }
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _followers.Remove(channel);
            }
        }
    }

    private static bool Matches(BuildHistoryRequest request, BuildHistoryRecord record) =>
        (request.Ref.Length == 0 || record.Ref == request.Ref) && (!request.ActiveOnly || record.CompletedAt is null);

    private static RpcStatus Status(Exception failure) => JobFailure.StatusOf(failure)
        ?? new RpcStatus((int)(failure is OperationCanceledException ? GrpcStatus.Cancelled : GrpcStatus.Unknown), failure is OperationCanceledException ? "context canceled" : failure.Message, []);

    private int Find(string reference) => _entries.FindIndex(e => e.Record.Ref == reference);

    private void Remove(int at)
    {
        var record = _entries[at].Record;
        _entries.RemoveAt(at);
        Tell(BuildHistoryEventType.Deleted, record);
    }

    private void Tell(BuildHistoryEventType type, BuildHistoryRecord record)
    {
        foreach (var follower in _followers)
        {
            follower.Writer.TryWrite(new BuildHistoryEvent(type, record));
        }
    }

    private sealed class Entry(BuildHistoryRecord record)
    {
        internal BuildHistoryRecord Record { get; set; } = record;

        internal StatusLog? Log { get; set; }
    }
}
