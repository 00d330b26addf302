using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Columns and rows of a terminal; zero where the terminal does not know.</summary>
public readonly record struct TtySize(ushort Rows, ushort Columns);

/// <summary>Terminal attributes: is it one, how large, raw mode and back (termios(3), ioctl_tty(2)).</summary>
public static partial class Tty
{
    private const uint TIOCGWINSZ = 0x5413;
    private const int TCSANOW = 0;

    private const uint IGNBRK = 0x1, BRKINT = 0x2, PARMRK = 0x8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IXON = 0x400;
    private const uint OPOST = 0x1;
    private const uint CSIZE = 0x30, CS8 = 0x30, PARENB = 0x100;
    private const uint ISIG = 0x1, ICANON = 0x2, ECHO = 0x8, ECHONL = 0x40, IEXTEN = 0x8000;
    private const int VTIME = 5, VMIN = 6;

    /// <summary>Whether <paramref name="fd"/> is a terminal.</summary>
    public static bool IsTerminal(int fd) => tcgetattr(fd, out _) == 0;

    /// <summary>The window size, or null where <paramref name="fd"/> is no terminal.</summary>
    public static TtySize? GetSize(int fd)
    {
        var result = ioctl(fd, TIOCGWINSZ, out var size);
        return result == 0 ? new TtySize(size.Rows, size.Columns) : null;
    }

    /// <summary>Puts the terminal into raw mode: no echo, no line editing, no signals, no translation in or out.</summary>
    /// <returns>What <see cref="Restore"/> takes to undo it.</returns>
    /// <exception cref="LinuxException"><paramref name="fd"/> is no terminal.</exception>
    public static byte[] MakeRaw(int fd)
    {
        var saved = Get(fd);
        var raw = saved;
        raw.InputFlags &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        raw.OutputFlags &= ~OPOST;
        raw.LocalFlags &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        raw.ControlFlags = (raw.ControlFlags & ~(CSIZE | PARENB)) | CS8;
        raw.ControlCharacters[VMIN] = 1;
        raw.ControlCharacters[VTIME] = 0;
        Set(fd, raw);
        return Bytes(saved);
    }

    /// <summary>Turns echo off (for a password) and leaves the rest.</summary>
    /// <inheritdoc cref="MakeRaw"/>
    public static byte[] DisableEcho(int fd)
    {
        var saved = Get(fd);
        var silent = saved;
        silent.LocalFlags &= ~ECHO;
        Set(fd, silent);
        return Bytes(saved);
    }

    /// <summary>Brings back the attributes that <see cref="MakeRaw"/> or <see cref="DisableEcho"/> returned.</summary>
    public static void Restore(int fd, byte[] saved) => Set(fd, MemoryMarshal.Read<Termios>(saved));

    private static byte[] Bytes(Termios termios) => MemoryMarshal.AsBytes(new ReadOnlySpan<Termios>(in termios)).ToArray();

    private static Termios Get(int fd) => tcgetattr(fd, out var termios) == 0 ? termios : throw LinuxException.FromLastError("tcgetattr");

    private static void Set(int fd, Termios termios)
    {
        if (tcsetattr(fd, TCSANOW, in termios) != 0)
        {
            throw LinuxException.FromLastError("tcsetattr");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int fd, out Termios termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int fd, int when, in Termios termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, out WindowSize size);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort XPixels;
        public ushort YPixels;
    }

    /// <summary>struct termios of glibc and musl on x86-64 and arm64 (60 bytes).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Termios
    {
        public uint InputFlags;
        public uint OutputFlags;
        public uint ControlFlags;
        public uint LocalFlags;
        public byte Line;
        public ControlCharacterArray ControlCharacters;
        public uint InputSpeed;
        public uint OutputSpeed;
    }

    [System.Runtime.CompilerServices.InlineArray(32)]
    private struct ControlCharacterArray
    {
        private byte _first;
    }
}
