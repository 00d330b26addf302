using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Files that live in memory only (memfd_create(2)).</summary>
public static partial class MemoryFiles
{
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const int AddSeals = 1033;

    // F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
    private const int Immutable = 15;

    /// <summary>
    /// Copies a file into memory that nobody, root included, can change any more; returns a read-only, close-on-exec descriptor that is the
    /// caller's. runc and crun copy themselves like this at each start (CVE-2019-5736) unless they find they run from such a copy.
    /// </summary>
    public static int CreateSealedCopy(string path)
    {
        var writable = MemfdCreateNative(System.IO.Path.GetFileName(path), CloseOnExec | AllowSealing);
        if (writable < 0)
        {
            throw LinuxException.FromLastError("memfd_create");
        }

        try
        {
            RawFiles.WriteAll(writable, File.ReadAllBytes(path));
            return FcntlNative(writable, AddSeals, Immutable) < 0
                ? throw LinuxException.FromLastError("fcntl(F_ADD_SEALS)")
                : RawFiles.Open($"/proc/self/fd/{writable}", OpenFlags.ReadOnly);
        }
        finally
        {
            RawFiles.Close(writable);
        }
    }

    /// <summary>An empty file in memory; the close-on-exec descriptor is the caller's.</summary>
    public static int Create(string name)
    {
        var fd = MemfdCreateNative(name, CloseOnExec);
        return fd >= 0 ? fd : throw LinuxException.FromLastError("memfd_create");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreateNative(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlNative(int fd, int command, int argument);
}
