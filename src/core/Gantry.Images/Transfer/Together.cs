using System.Runtime.ExceptionServices;

namespace Gantry.Images.Transfer;

/// <summary>Runs parts of one whole at once.</summary>
internal static class Together
{
    /// <summary>
    /// Starts all, in order, on this thread; returns their results in that order. The first failure ends the others and is the one thrown, after
    /// every part has come to its end.
    /// </summary>
    internal static async Task<IReadOnlyList<TResult>> RunAsync<TPart, TResult>(
        IEnumerable<TPart> parts, Func<TPart, CancellationToken, Task<TResult>> action, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? first = null;
        var running = parts.Select(async part =>
        {
            try
            {
                return await action(part, stop.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref first, exception, null);
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }).ToList();
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return [.. running.Select(task => task.Result)];
    }
}
