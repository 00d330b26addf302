using System.Security.Cryptography;
using System.Text;
using Gantry.Build;
using Gantry.BuildKit;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>Tells a build as BuildKit does: each step and each activity of the builder is a vertex.</summary>
internal sealed class JobProgress(StatusLog log) : IBuildProgress
{
    /// <summary>Bytes of output of one step that are kept, as in BuildKit.</summary>
    private const int MaxOutput = 2 << 20;
    private static readonly byte[] s_clipped = "[output clipped, log limit 2MiB reached]\n"u8.ToArray();
    private static readonly TimeSpan s_transferInterval = TimeSpan.FromMilliseconds(100);
    private readonly string _salt = Guid.NewGuid().ToString("N");
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Running> _running = [];

    public void Warning(string message, bool isError)
    {
    }

    public void Planned(IReadOnlyList<int> stages)
    {
    }

    public void ActivityStarted(string name) => Begin(name);

    public void ActivityProgress(string name, string part, long bytes)
    {
        lock (_lock)
        {
            if (!_running.TryGetValue(name, out var vertex))
            {
                return;
            }

            var now = DateTimeOffset.UtcNow;
            if (vertex.Part.Length == 0)
            {
                (vertex.Part, vertex.PartStarted) = (part, now);
            }
            else if (now - vertex.PartTold < s_transferInterval)
            {
                vertex.Bytes = bytes;
                return;
            }

            (vertex.Bytes, vertex.PartTold) = (bytes, now);
            TellPart(vertex, now, isDone: vertex.State.Completed is not null);
        }
    }

    public void ActivityFinished(string name, Exception? error) => End(name, cached: false, error);

    public void StepStarted(BuildStep step)
    {
        // A base is told of when it is there: until then its name is looked up, which is an activity of its own.
        if (step.Vertex.Length > 0 && step.NumberInStage > 1)
        {
            Begin(step.Vertex);
        }
    }

    public void Note(BuildStep step, string message) => Write(step, 1, Encoding.UTF8.GetBytes(message + "\n"));

    /// <summary>Layers alone are shown: what a pull says of the image as a whole is the step itself.</summary>
    public void Pulling(BuildStep step, PullStatus status)
    {
        const int ShortId = 12;
        if (step.Vertex.Length == 0 || status.Id.Length != ShortId)
        {
            return;
        }

        lock (_lock)
        {
            if (!_running.ContainsKey(step.Vertex))
            {
                Begin(step.Vertex);
            }

            var now = DateTimeOffset.UtcNow;
            var vertex = _running[step.Vertex];
            log.Add(new VertexStatus(status.Id, vertex.State.Digest)
            {
                Name = status.Status, Current = status.Current, Total = status.Total, Timestamp = now, Started = vertex.State.Started,
                Completed = status.Status is "Pull complete" or "Already exists" ? now : null,
            });
        }
    }

    public void Cached(BuildStep step)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(step.Vertex, out var vertex))
            {
                vertex.Cached = true;
            }
        }
    }

    public void ContainerStarted(BuildStep step, string containerId)
    {
    }

    public void Output(BuildStep step, StepStream stream, ReadOnlySpan<byte> data) => Write(step, (int)stream, data);

    public void ContainerRemoved(BuildStep step, string containerId)
    {
    }

    public void StepFinished(BuildStep step, string imageId)
    {
        lock (_lock)
        {
            if (step.Vertex.Length > 0 && !_running.ContainsKey(step.Vertex))
            {
                Begin(step.Vertex);
            }
        }

        End(step.Vertex, cached: true, null);
    }

    public void StepFailed(BuildStep step, Exception error) => End(step.Vertex, cached: false, error);

    public void StageFinished(int stage, string imageId)
    {
    }

    /// <summary>Whatever still runs was cancelled.</summary>
    internal void EndAll()
    {
        List<string> names;
        lock (_lock)
        {
            names = [.. _running.Where(r => r.Value.State.Completed is null).Select(r => r.Key)];
        }

        names.ForEach(n => End(n, cached: false, new OperationCanceledException()));
    }

    /// <summary>A part of an activity that begins and ends at once, or is told of when it has ended.</summary>
    /// <param name="bytes">Moved; 0 where that is no question.</param>
    internal void PartDone(string name, string part, DateTimeOffset started, long bytes = 0)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(name, out var vertex))
            {
                var now = DateTimeOffset.UtcNow;
                log.Add(new VertexStatus(part, vertex.State.Digest) { Current = bytes, Timestamp = now, Started = started, Completed = now });
            }
        }
    }

    private void Begin(string name)
    {
        lock (_lock)
        {
            var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_salt + name)));
            var vertex = new Running(new VertexState(digest, name) { Started = DateTimeOffset.UtcNow });
            _running[name] = vertex;
            log.Add(vertex.State);
        }
    }

    private void End(string name, bool cached, Exception? error)
    {
        lock (_lock)
        {
            if (!_running.TryGetValue(name, out var vertex) || vertex.State.Completed is not null)
            {
                return;
            }

            var now = DateTimeOffset.UtcNow;
            if (vertex.Part.Length > 0)
            {
                TellPart(vertex, now, isDone: true);
            }

            vertex.State = vertex.State with
            {
                Completed = now,
                Cached = cached && vertex.Cached,
                Error = error is null ? string.Empty : error is OperationCanceledException ? "context canceled" : error.Message,
            };
            log.Add(vertex.State);
        }
    }

    private void Write(BuildStep step, int stream, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (data.IsEmpty || !_running.TryGetValue(step.Vertex, out var vertex) || vertex.Output > MaxOutput)
            {
                return;
            }

            var left = MaxOutput - vertex.Output;
            vertex.Output += data.Length;
            log.Add(new VertexLog(vertex.State.Digest, DateTimeOffset.UtcNow, stream, data[..Math.Min(left, data.Length)].ToArray()));
            if (vertex.Output > MaxOutput)
            {
                log.Add(new VertexLog(vertex.State.Digest, DateTimeOffset.UtcNow, stream, s_clipped));
            }
        }
    }

    private void TellPart(Running vertex, DateTimeOffset now, bool isDone) => log.Add(new VertexStatus(vertex.Part, vertex.State.Digest)
    {
        Name = "transferring", Current = vertex.Bytes, Timestamp = now, Started = vertex.PartStarted, Completed = isDone ? now : null,
    });

    private sealed class Running(VertexState state)
    {
        internal VertexState State { get; set; } = state;

        internal bool Cached { get; set; }

        internal int Output { get; set; }

        internal string Part { get; set; } = string.Empty;

        internal long Bytes { get; set; }

        internal DateTimeOffset PartStarted { get; set; }

        internal DateTimeOffset PartTold { get; set; }
    }
}
