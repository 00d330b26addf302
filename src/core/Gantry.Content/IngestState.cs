using System.Globalization;
using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Content;

/// <summary>
/// How much of a partial blob can be trusted, in <c>DIR/state</c>: <c>BOOT-ID LENGTH</c>. In the boot that wrote it, all of the file is good
/// (it sits in the page cache); after a reboot, only the length that had been synced by then.
/// </summary>
internal sealed class IngestState(string directory, SafeFileHandle data)
{
    private const long SyncStep = 64 << 20;
    private readonly string _path = Path.Combine(directory, "state");
    private readonly Lock _lock = new();
    private long _synced;
    private Task _syncing = Task.CompletedTask;
    private bool _stopped;

    /// <summary>Known once <see cref="TrustedLength"/> was asked.</summary>
    internal bool IsOfThisBoot { get; private set; }

    internal long TrustedLength(long fileLength)
    {
        if (!File.Exists(_path))
        {
            return 0;
        }

        var fields = File.ReadAllText(_path).Split(' ');
        if (fields.Length != 2 || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var synced))
        {
            return 0;
        }

        _synced = Math.Min(synced, fileLength);
        IsOfThisBoot = fields[0] == BootId.Current;
        return IsOfThisBoot ? fileLength : _synced;
    }

    internal void Begin() => Save(_synced);

    /// <summary>Told how long the file is now; syncs it in the background every 64 MB and then records that.</summary>
    internal void Advance(long length)
    {
        lock (_lock)
        {
            if (!_stopped && _syncing.IsCompleted && length - _synced >= SyncStep)
            {
                _syncing = Task.Run(() => SyncTo(length));
            }
        }
    }

    internal void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
        }
    }

    private void SyncTo(long length)
    {
        var held = false;
        try
        {
            data.DangerousAddRef(ref held);
            FileData.Sync((int)data.DangerousGetHandle());
            lock (_lock)
            {
                if (!_stopped)
                {
                    Save(_synced = length);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The file was closed meanwhile, or the disk fails and the next write says so. Nothing is recorded as synced.
        }
        finally
        {
            if (held)
            {
                data.DangerousRelease();
            }
        }
    }

    private void Save(long synced) => File.WriteAllText(_path, string.Create(CultureInfo.InvariantCulture, $"{BootId.Current} {synced}"));
}
