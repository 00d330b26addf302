namespace Gantry.Images.Transfer;

/// <summary>
/// Work that several callers may ask for at once and that is done once: whoever comes later joins, hears of progress (the last message first)
/// and gets the same result. It is cancelled when the last of them has given up.
/// </summary>
internal sealed class SharedWork<TKey>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Job> _jobs = [];

    /// <param name="work">Started on the calling thread, so that callers who start several in order have them begin in that order.</param>
    internal async Task RunAsync(
        TKey key, Func<IProgress<TransferEvent>, CancellationToken, Task> work, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        Job? job;
        bool isNew;
        lock (_lock)
        {
            isNew = !_jobs.TryGetValue(key, out job);
            job = _jobs[key] = job ?? new Job();
            job.Join(progress);
        }

        if (isNew)
        {
            _ = RunJobAsync(key, job, work);
        }

        try
        {
            await job.Running.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (Leave(key, job, progress))
            {
                // The last one out waits for the end, so that nothing goes on behind the caller's back.
                await job.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunJobAsync(TKey key, Job job, Func<IProgress<TransferEvent>, CancellationToken, Task> work)
    {
        var running = work(job, job.Cancellation.Token);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Forget(key, job);
        job.Finish(running);
    }

    /// <summary>True when nobody is left and the work was told to stop.</summary>
    private bool Leave(TKey key, Job job, IProgress<TransferEvent> progress)
    {
        lock (_lock)
        {
            if (job.Part(progress) > 0 || job.Running.IsCompleted)
            {
                return false;
            }

            _jobs.Remove(key);
        }

        job.Cancellation.Cancel();
        return true;
    }

    private void Forget(TKey key, Job job)
    {
        lock (_lock)
        {
            if (_jobs.TryGetValue(key, out var current) && ReferenceEquals(current, job))
            {
                _jobs.Remove(key);
            }
        }
    }

    private sealed class Job : IProgress<TransferEvent>
    {
        private readonly Lock _lock = new();
        private readonly List<IProgress<TransferEvent>> _listeners = [];
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TransferEvent? _last;

        internal CancellationTokenSource Cancellation { get; } = new();

        internal Task Running => _finished.Task;

        public void Report(TransferEvent value)
        {
            lock (_lock)
            {
                _last = value;
                foreach (var listener in _listeners)
                {
                    listener.Report(value);
                }
            }
        }

        internal void Finish(Task work) => _finished.SetFromTask(work);

        internal void Join(IProgress<TransferEvent> listener)
        {
            lock (_lock)
            {
                _listeners.Add(listener);
                if (_last is not null)
                {
                    listener.Report(_last);
                }
            }
        }

        internal int Part(IProgress<TransferEvent> listener)
        {
            lock (_lock)
            {
                _listeners.Remove(listener);
                return _listeners.Count;
            }
        }
    }
}
