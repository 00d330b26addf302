namespace Gantry.Metadata;

/// <summary>
/// A file that holds a little space beside the database. On a full disk it is given up for what must be written nevertheless: the end of a
/// container, and removals, which are what makes room again. It is made anew when there is space.
/// </summary>
internal sealed class SpaceReserve(string path)
{
    /// <summary>Bytes; a few hundred small transactions in the write-ahead log.</summary>
    private const long Size = 2 << 20;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private bool _held;
    private long _nextTry;

    /// <summary>Makes the file where it is not there yet; without space, it is tried again later.</summary>
    public void Refill()
    {
        if (Volatile.Read(ref _held) || Environment.TickCount64 < Volatile.Read(ref _nextTry))
        {
            return;
        }

        lock (_lock)
        {
            try
            {
                if (new FileInfo(path) is { Exists: true, Length: Size })
                {
                    _held = true; // of an engine that was killed
                    return;
                }

                File.Delete(path);
                File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, Size).Dispose();
                _held = true;
            }
            catch (IOException)
            {
                // The disk is full. What was made of the file is gone again.
                _nextTry = Environment.TickCount64 + (long)s_pause.TotalMilliseconds;
            }
        }
    }

    /// <summary>Gives the space back to the file system; false when there was none to give.</summary>
    public bool Release()
    {
        lock (_lock)
        {
            if (!_held)
            {
                return false;
            }

            _held = false;
            _nextTry = Environment.TickCount64 + (long)s_pause.TotalMilliseconds;
            File.Delete(path);
            return true;
        }
    }
}
