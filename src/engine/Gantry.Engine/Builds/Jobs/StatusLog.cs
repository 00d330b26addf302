using System.Runtime.CompilerServices;
using Gantry.BuildKit;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>
/// What happened in a build, for any number of followers, each from the beginning. What a step may put out is bounded, so the whole is. Thread-safe.
/// </summary>
internal sealed class StatusLog
{
    private const int MostAtOnce = 512;
    private readonly Lock _lock = new();
    private readonly List<IProtoPart> _events = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;
    private long _outputBytes;

    internal void Add(VertexState state) => Add(new VertexPart(state));

    internal void Add(VertexStatus status) => Add(new StatusPart(status));

    internal void Add(VertexLog log)
    {
        Add(new LogPart(log));
        Interlocked.Add(ref _outputBytes, log.Data.Length);
    }

    internal void Add(VertexWarning warning) => Add(new WarningPart(warning));

    /// <summary>Bytes of output so far.</summary>
    internal long OutputBytes => Interlocked.Read(ref _outputBytes);

    /// <summary>How many steps there are, have ended, and were there already.</summary>
    internal (int Total, int Completed, int Cached) Steps()
    {
        lock (_lock)
        {
            var last = _events.OfType<VertexPart>().GroupBy(p => p.State.Digest).Select(g => g.Last().State).ToList();
            return (last.Count, last.Count(s => s.Completed is not null), last.Count(s => s.Cached));
        }
    }

    /// <summary>Nothing follows.</summary>
    internal void End()
    {
        lock (_lock)
        {
            _ended = true;
            _news.TrySetResult();
        }
    }

    /// <summary>All that happened and happens, until the end.</summary>
    internal async IAsyncEnumerable<StatusUpdate> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var position = 0; ;)
        {
            Task news;
            List<IProtoPart> fresh;
            bool ended;
            lock (_lock)
            {
                fresh = _events.GetRange(position, Math.Min(MostAtOnce, _events.Count - position));
                (news, ended) = (_news.Task, _ended);
            }

            position += fresh.Count;
            if (fresh.Count > 0)
            {
                yield return Combine(fresh);
            }
            else if (ended)
            {
                yield break;
            }
            else
            {
                await news.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static StatusUpdate Combine(List<IProtoPart> parts) => new()
    {
        Vertexes = parts.OfType<VertexPart>().Select(p => p.State).ToList(),
        Statuses = parts.OfType<StatusPart>().Select(p => p.Status).ToList(),
        Logs = parts.OfType<LogPart>().Select(p => p.Log).ToList(),
        Warnings = parts.OfType<WarningPart>().Select(p => p.Warning).ToList(),
    };

    private void Add(IProtoPart part)
    {
        lock (_lock)
        {
            _events.Add(part);
            var news = _news;
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            news.TrySetResult();
        }
    }

    private interface IProtoPart;

    private sealed record VertexPart(VertexState State) : IProtoPart;

    private sealed record StatusPart(VertexStatus Status) : IProtoPart;

    private sealed record LogPart(VertexLog Log) : IProtoPart;

    private sealed record WarningPart(VertexWarning Warning) : IProtoPart;
}
