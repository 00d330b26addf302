using System.Runtime.InteropServices;
using System.Text;

namespace Gantry.Linux;

[Flags]
public enum InotifyEvents : uint
{
    Modify = 0x2,
    Attributes = 0x4,
    CloseWrite = 0x8,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Create = 0x100,
    Delete = 0x200,
    DeleteSelf = 0x400,
    MoveSelf = 0x800,
    Overflow = 0x4000,
    Ignored = 0x8000,
}

/// <summary>File notifications (inotify(7)).</summary>
public static partial class Inotify
{
    /// <summary>A non-blocking, close-on-exec instance; the caller closes it.</summary>
    public static int Create()
    {
        var fd = InotifyInitNative((int)(OpenFlags.CloseOnExec | OpenFlags.NonBlocking));
        return fd >= 0 ? fd : throw LinuxException.FromLastError("inotify_init1");
    }

    /// <summary>Watches a path; returns the watch's number.</summary>
    public static int Watch(int fd, string path, InotifyEvents events)
    {
        var watch = InotifyAddWatchNative(fd, path, (uint)events);
        return watch >= 0 ? watch : throw LinuxException.FromLastError("inotify_add_watch", path);
    }

    public static void Unwatch(int fd, int watch) => _ = InotifyRemoveWatchNative(fd, watch);

    /// <summary>Takes the first event from a buffer that a read of the descriptor filled, and shortens the buffer.</summary>
    public static bool TryTakeEvent(ref ReadOnlySpan<byte> buffer, out int watch, out InotifyEvents events, out string name)
    {
        const int HeaderSize = 16;
        watch = 0;
        events = 0;
        name = "";
        if (buffer.Length < HeaderSize)
        {
            return false;
        }

        watch = MemoryMarshal.Read<int>(buffer);
        events = MemoryMarshal.Read<InotifyEvents>(buffer[4..]);
        var length = MemoryMarshal.Read<int>(buffer[12..]);
        name = Encoding.UTF8.GetString(buffer.Slice(HeaderSize, length).TrimEnd((byte)0));
        buffer = buffer[(HeaderSize + length)..];
        return true;
    }

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InotifyInitNative(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int InotifyAddWatchNative(int fd, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    private static partial int InotifyRemoveWatchNative(int fd, int watch);
}
