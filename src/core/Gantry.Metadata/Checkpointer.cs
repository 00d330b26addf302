using Microsoft.Data.Sqlite;

namespace Gantry.Metadata;

/// <summary>
/// Folds the write-ahead log into the database in the background, on a connection of its own, after every so many writes. It blocks
/// neither readers nor the writer (a PASSIVE checkpoint); what it can't fold now it folds the next time.
/// </summary>
internal sealed class Checkpointer(string path) : IDisposable
{
    private const int WritesBetween = 256;
    private readonly Lock _lock = new();
    private int _writes;
    private Task _running = Task.CompletedTask;
    private bool _disposed;

    internal void Written()
    {
        if (Interlocked.Increment(ref _writes) % WritesBetween != 0)
        {
            return;
        }

        lock (_lock)
        {
            if (!_disposed && _running.IsCompleted)
            {
                _running = Task.Run(Checkpoint);
            }
        }
    }

    public void Dispose()
    {
        Task running;
        lock (_lock)
        {
            _disposed = true;
            running = _running;
        }

        ((IAsyncResult)running).AsyncWaitHandle.WaitOne();
    }

    private void Checkpoint()
    {
        try
        {
            using var session = DatabaseSession.OpenWriter(path);
            session.Query("PRAGMA wal_checkpoint(PASSIVE)", row => row.Int64(0));
        }
        catch (SqliteException)
        {
            // The log just stays longer; if the disk or the file is really broken, the next write says so.
        }
    }
}
