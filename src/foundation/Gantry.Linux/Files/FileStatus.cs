using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>The kinds of file that <c>st_mode</c> tells apart.</summary>
public enum FileKind
{
    Unknown = 0,
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xA000,
    Socket = 0xC000,
}

/// <summary>What statx(2) says about a file: kind, permissions, owner and, for a device node, the device it stands for.</summary>
public sealed record FileStatus
{
    public FileKind Kind { get; private init; }

    /// <summary>The lower twelve bits of <c>st_mode</c>.</summary>
    public uint Permissions { get; private init; }

    public uint Uid { get; private init; }

    public uint Gid { get; private init; }

    /// <summary>Major number of the device a device node stands for.</summary>
    public uint DeviceMajor { get; private init; }

    /// <inheritdoc cref="DeviceMajor"/>
    public uint DeviceMinor { get; private init; }

    public bool IsDevice => Kind is FileKind.CharacterDevice or FileKind.BlockDevice;

    /// <summary>Status of a path; follows a final symbolic link unless told not to. Throws <see cref="LinuxException"/>.</summary>
    public static FileStatus Get(string path, bool followLink = true)
    {
        var error = TryGet(path, followLink, out var status);
        return error == 0 ? status! : throw new LinuxException("stat", error, path);
    }

    /// <summary>As <see cref="Get"/>; returns 0 or the errno.</summary>
    public static int TryGet(string path, bool followLink, out FileStatus? status)
    {
        var error = FileStatusNative.Statx(path, followLink, out var raw);
        status = error != 0 ? null : new FileStatus
        {
            Kind = (FileKind)(raw.Mode & 0xF000),
            Permissions = raw.Mode & 0xFFFu,
            Uid = raw.Uid,
            Gid = raw.Gid,
            DeviceMajor = raw.RdevMajor,
            DeviceMinor = raw.RdevMinor,
        };
        return error;
    }
}

internal static partial class FileStatusNative
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxBasicStats = 0x7FF;

    internal static int Statx(string path, bool followLink, out StatxBuffer buffer) =>
        StatxNative(AtFdCwd, path, followLink ? 0 : AtSymlinkNoFollow, StatxBasicStats, out buffer) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary><c>struct statx</c> (linux/stat.h); the members read here, at their fixed offsets.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxBuffer
    {
        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(24)]
        public uint Gid;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(128)]
        public uint RdevMajor;

        [FieldOffset(132)]
        public uint RdevMinor;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxNative(int directory, string path, int flags, uint mask, out StatxBuffer buffer);
}
