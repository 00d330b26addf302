using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux;

/// <summary>An advisory lock on a file (flock(2)); held until disposed, or until the process dies.</summary>
public sealed partial class FileLock : IDisposable
{
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    private readonly SafeFileHandle _handle;

    private FileLock(SafeFileHandle handle)
    {
        _handle = handle;
    }

    /// <summary>Takes the lock, creating the file where it isn't there; null where another holder has it.</summary>
    /// <exception cref="LinuxException">The file can't be locked for another reason.</exception>
    public static FileLock? TryAcquire(string path)
    {
        // Not File.OpenHandle: it takes a shared lock of its own, and throws where another holder has the exclusive one.
        var handle = new SafeFileHandle(RawFiles.Open(path, OpenFlags.ReadWrite | OpenFlags.Create, 0x180), ownsHandle: true);
        if (flock(handle, LOCK_EX | LOCK_NB) == 0)
        {
            return new FileLock(handle);
        }

        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error == Linux.Errno.EAGAIN ? null : throw new LinuxException("flock", error, path);
    }

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle fd, int operation);
}
