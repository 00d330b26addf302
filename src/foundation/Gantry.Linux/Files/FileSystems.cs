using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Space of a file system, in bytes, and its type's magic number (statfs(2)).</summary>
public readonly record struct FileSystemStatus(long Type, long TotalBytes, long FreeBytes, long AvailableBytes, long TotalInodes, long FreeInodes);

/// <summary>Calls on whole file systems.</summary>
public static unsafe partial class FileSystems
{
    public const long OverlayMagic = 0x794c7630;

    public static FileSystemStatus Status(string path)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var buffer = new PathBuffer(path, stack);
        StatFs status;
        fixed (byte* pointer = buffer)
        {
            FileAt.Check(FileAt.Result(StatFsNative(pointer, &status)), "statfs", path);
        }

        return new FileSystemStatus(
            status.Type, status.Blocks * status.BlockSize, status.Free * status.BlockSize, status.Available * status.BlockSize, status.Files, status.FreeFiles);
    }

    /// <summary>Waits until everything written to the file system of the open file is on disk (syncfs(2)).</summary>
    public static void Sync(int descriptor) => FileAt.Check(FileAt.Result(SyncFsNative(descriptor)), "syncfs");

    [StructLayout(LayoutKind.Sequential, Size = 120)]
    private struct StatFs
    {
        internal long Type;
        internal long BlockSize;
        internal long Blocks;
        internal long Free;
        internal long Available;
        internal long Files;
        internal long FreeFiles;
    }

    [LibraryImport("libc", EntryPoint = "statfs64", SetLastError = true)]
    private static partial int StatFsNative(byte* path, StatFs* status);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFsNative(int descriptor);
}
