using System.Runtime.CompilerServices;

namespace Gantry.Logs;

/// <summary>
/// Reads a json-file log: the live file and those that were rotated away, plain or compressed. A damaged entry is skipped, one that is
/// still being written is waited for.
/// </summary>
public sealed class LogReader
{
    private static readonly TimeSpan s_noDirectoryPause = TimeSpan.FromMilliseconds(250);

    private readonly string _path;

    /// <param name="path">Path of the live file.</param>
    public LogReader(string path) => _path = path;

    /// <summary>
    /// Gives the entries a query asks for in batches, each valid until the next is asked for. A log that doesn't exist is an empty one.
    /// </summary>
    /// <param name="ended">
    /// When following: completes when the log's writer has finished, after which what is left is read and the enumeration ends.
    /// Null: follow until cancelled.
    /// </param>
    public async IAsyncEnumerable<IReadOnlyList<LogEntry>> ReadAsync(
        LogQuery query, Task? ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);

        // Not on the caller's thread: opening, seeking and reading wait for the disk.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var cursor = new LogCursor(_path, query);
        foreach (var batch in cursor.ReadExisting())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return batch;
        }

        LogWatcher.Subscription? watch = null;
        try
        {
            while (query.Follow && !cursor.IsDone)
            {
                // 1. Watch, and see whether the writer has ended, before looking: nothing can fall between.
                watch ??= LogWatcher.Shared.TryWatch(_path) ?? LogWatcher.Shared.TryWatch(Path.GetDirectoryName(_path) ?? "/");
                var hasEnded = ended?.IsCompleted == true || query.Until <= DateTimeOffset.UtcNow;
                var isRotated = cursor.IsRotated();

                // 2. Look.
                foreach (var batch in cursor.ReadNew())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return batch;
                }

                // 3. Wait for a change, unless the file to watch is another one now.
                if (isRotated)
                {
                    watch?.Dispose();
                    watch = null;
                }
                else if (hasEnded)
                {
                    yield break;
                }
                else
                {
                    await WaitAsync(watch, ended, query.Until, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            watch?.Dispose();
        }
    }

    private static async Task WaitAsync(LogWatcher.Subscription? watch, Task? ended, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var change = watch?.WaitAsync(waiting.Token) ?? Task.Delay(s_noDirectoryPause, waiting.Token);
        var end = ended ?? Task.Delay(Timeout.Infinite, waiting.Token);
        if (until is { } time)
        {
            var left = time - DateTimeOffset.UtcNow;
            end = Task.WhenAny(end, Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, waiting.Token));
        }

        await Task.WhenAny(change, end).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
