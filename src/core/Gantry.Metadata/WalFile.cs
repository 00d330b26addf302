using Microsoft.Win32.SafeHandles;

namespace Gantry.Metadata;

/// <summary>
/// Puts the write-ahead log on the disk. Writers that come while one fsync runs share the next one, and none of them holds the write lock
/// meanwhile. Descriptors of the log (unlike of the database file itself) can be opened and closed freely: SQLite's locks are not on it.
/// </summary>
internal sealed class WalFile(string path) : IDisposable
{
    private readonly Lock _lock = new();
    private SafeFileHandle? _handle;
    private long _synced;

    /// <summary>Returns when commit number <paramref name="commit"/> is on the disk.</summary>
    /// <param name="latest">The number of the last commit.</param>
    internal void SyncUpTo(long commit, Func<long> latest)
    {
        lock (_lock)
        {
            if (_synced >= commit)
            {
                return;
            }

            _handle ??= File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var covered = latest();
            RandomAccess.FlushToDisk(_handle);
            _synced = covered;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _handle?.Dispose();
        }
    }
}
