namespace Gantry.Images.Transfer;

/// <summary>Lets a number of holders in at a time, strictly in the order in which they asked.</summary>
internal sealed class OrderedGate(int limit)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = [];
    private int _free = limit;

    /// <summary>Completed at once when there is room. Dispose the result to leave.</summary>
    internal async Task<IDisposable> EnterAsync(Action? onWait, CancellationToken cancellationToken)
    {
        TaskCompletionSource? turn = null;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
            }
            else
            {
                turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue(turn);
            }
        }

        if (turn is not null)
        {
            onWait?.Invoke();
            using var registration = cancellationToken.UnsafeRegister(state => ((TaskCompletionSource)state!).TrySetCanceled(), turn);
            await turn.Task.ConfigureAwait(false);
        }

        return new Pass(this);
    }

    private void Leave()
    {
        lock (_lock)
        {
            // Those who gave up meanwhile are cancelled already and refuse.
            while (_waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _free++;
        }
    }

    private sealed class Pass(OrderedGate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                gate.Leave();
            }
        }
    }
}
