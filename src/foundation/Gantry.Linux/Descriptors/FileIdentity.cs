using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>What tells whether a name still stands for the same, unchanged file (statx(2)).</summary>
public readonly partial record struct FileIdentity(ulong Inode, uint Major, uint Minor, long Size, long ModifiedSeconds, uint ModifiedNanoseconds)
{
    private const int AtCurrentDirectory = -100;
    private const uint BasicStats = 0x7FF;

    /// <summary>Follows links. Throws when there is no file.</summary>
    public static unsafe FileIdentity Of(string path)
    {
        // struct statx: ino at 32, size at 40, mtime at 112, dev_major and dev_minor at 136.
        var buffer = stackalloc byte[256];
        return StatxNative(AtCurrentDirectory, path, 0, BasicStats, buffer) < 0
            ? throw LinuxException.FromLastError("statx", path)
            : new FileIdentity(
                *(ulong*)(buffer + 32),
                *(uint*)(buffer + 136),
                *(uint*)(buffer + 140),
                *(long*)(buffer + 40),
                *(long*)(buffer + 112),
                *(uint*)(buffer + 120));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatxNative(int directory, string path, int flags, uint mask, byte* buffer);
}
