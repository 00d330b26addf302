using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>File types as in a mode's S_IFMT bits.</summary>
public enum FileKind
{
    Unknown = 0,
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    File = 0x8000,
    Symlink = 0xA000,
    Socket = 0xC000,
}

/// <summary>What statx(2) tells of a file.</summary>
/// <param name="Mode">Permission bits with setuid, setgid and sticky (07777).</param>
/// <param name="IsMountRoot">The root of a mount (kernel 5.8).</param>
/// <param name="Blocks">Units of 512 bytes allocated.</param>
public readonly record struct FileStatus(
    FileKind Kind,
    int Mode,
    uint UserId,
    uint GroupId,
    long Size,
    long Blocks,
    ulong Inode,
    uint Links,
    long ModifiedNanoseconds,
    uint DeviceMajor,
    uint DeviceMinor,
    ulong FileSystem,
    bool IsMountRoot)
{
    public bool IsDirectory => Kind == FileKind.Directory;

    /// <summary>An overlayfs whiteout: character device 0/0.</summary>
    public bool IsWhiteout => Kind == FileKind.CharacterDevice && DeviceMajor == 0 && DeviceMinor == 0;
}

/// <summary>struct statx (linux/stat.h).</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct StatxBuffer
{
    private const ulong MountRootAttribute = 0x2000;

    internal uint Mask;
    internal uint BlockSize;
    internal ulong Attributes;
    internal uint Links;
    internal uint UserId;
    internal uint GroupId;
    internal ushort Mode;
    internal ushort Spare0;
    internal ulong Inode;
    internal ulong Size;
    internal ulong Blocks;
    internal ulong AttributesMask;
    internal StatxTime Accessed;
    internal StatxTime Born;
    internal StatxTime Changed;
    internal StatxTime Modified;
    internal uint RdevMajor;
    internal uint RdevMinor;
    internal uint DevMajor;
    internal uint DevMinor;

    internal readonly FileStatus ToStatus() => new(
        (FileKind)(Mode & 0xF000),
        Mode & 0xFFF,
        UserId,
        GroupId,
        (long)Size,
        (long)Blocks,
        Inode,
        Links,
        (Modified.Seconds * 1_000_000_000) + Modified.Nanoseconds,
        RdevMajor,
        RdevMinor,
        ((ulong)DevMajor << 32) | DevMinor,
        (Attributes & MountRootAttribute) != 0);
}

[StructLayout(LayoutKind.Sequential)]
internal struct StatxTime
{
    internal long Seconds;
    internal uint Nanoseconds;
    internal int Reserved;
}
