using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Terminals (ioctl_tty(2)).</summary>
public static unsafe partial class Ptys
{
    private const nuint TIOCSWINSZ = 0x5414;
    private const nuint TIOCGWINSZ = 0x5413;

    /// <summary>Sets a terminal's size in character cells; the kernel sends SIGWINCH when it changed. Returns 0 or the errno.</summary>
    public static int TrySetSize(int fd, int rows, int columns)
    {
        var size = stackalloc ushort[4];
        size[0] = (ushort)rows;
        size[1] = (ushort)columns;
        size[2] = 0;
        size[3] = 0;
        return IoctlNative(fd, TIOCSWINSZ, size) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public static (int Rows, int Columns) Size(int fd)
    {
        var size = stackalloc ushort[4];
        return IoctlNative(fd, TIOCGWINSZ, size) < 0 ? throw LinuxException.FromLastError("ioctl(TIOCGWINSZ)") : (size[0], size[1]);
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(int fd, nuint request, void* argument);
}
