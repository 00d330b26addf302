namespace Gantry.Linux.Cgroups;

/// <summary>
/// Moving a process into a cgroup takes a lock over all of the system's processes (cgroup_threadgroup_rwsem) whose first taker waits for an RCU
/// grace period: 5 to 14 ms on an idle machine. It stays quick for some 20 ms after. Who knows that a move is coming lets this wait for it
/// meanwhile, by moving its own process to where it is, which changes nothing. Where one container is started others often are: then the lock is
/// taken again and again for half a second. Owns a thread, started by the first call, which sleeps at all other times.
/// </summary>
public sealed class MigrationWarmUp : IDisposable
{
    /// <summary>Milliseconds after a move in which the lock is surely still quick.</summary>
    private const long SurelyQuick = 4;

    /// <summary>Milliseconds for which the lock is kept quick where more moves may come.</summary>
    private const long KeptQuick = 500;

    private readonly AutoResetEvent _wanted = new(initialState: false);
    private readonly CgroupLayout _layout;
    private long _lastEnd = -SurelyQuick;
    private long _keepUntil;
    private int _started;
    private volatile bool _disposed;

    public MigrationWarmUp(CgroupLayout layout) => _layout = layout;

    /// <summary>A process will be moved in a few milliseconds. Returns at once.</summary>
    /// <param name="more">Others may follow.</param>
    public void Expect(bool more)
    {
        if (more)
        {
            Volatile.Write(ref _keepUntil, Environment.TickCount64 + KeptQuick);
        }

        if (_disposed || Environment.TickCount64 - Volatile.Read(ref _lastEnd) < SurelyQuick)
        {
            return;
        }

        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            try
            {
                new Thread(Run, 64 * 1024) { IsBackground = true, Name = "cgroup-warm-up" }.Start();
            }
            catch (OutOfMemoryException)
            {
                // No thread can be started: another time.
                Volatile.Write(ref _started, 0);
                return;
            }
        }

        _wanted.Set();
    }

    public void Dispose()
    {
        _disposed = true;
        _wanted.Set();
    }

    /// <summary>The file of this process's own cgroup in some hierarchy; null on a host without any. Looked up each time, since others may have moved it.</summary>
    private string? OwnProcesses()
    {
        try
        {
            // ID:CONTROLLERS:PATH, with no controllers for the unified hierarchy (cgroups(7)).
            foreach (var line in File.ReadLines("/proc/self/cgroup"))
            {
                var fields = line.Split(':', 3);
                var directory = fields.Length < 3 ? null
                    : fields[1].Length == 0 ? _layout.Unified is { } unified ? unified + fields[2] : null
                    : _layout.IsV2 ? null : _layout.DirectoryOf(fields[1].Split(',')[0], fields[2]);
                var file = $"{directory?.TrimEnd('/')}/cgroup.procs";
                if (directory is not null && File.Exists(file))
                {
                    return file;
                }
            }
        }
        catch (IOException)
        {
            // Without /proc/self/cgroup there are no cgroups to move to.
        }

        return null;
    }

    private void Run()
    {
        while (!_disposed)
        {
            _wanted.WaitOne(Environment.TickCount64 < Volatile.Read(ref _keepUntil) ? (int)SurelyQuick : Timeout.Infinite);
            if (!_disposed && OwnProcesses() is { } file)
            {
                // Zero is the writer itself. A refusal doesn't matter: only the lock was wanted.
                _ = RawFiles.TryWriteFile(file, "0");
                Volatile.Write(ref _lastEnd, Environment.TickCount64);
            }
        }
    }
}
