using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>A name in a directory with the type the file system knows without looking at the file (<see cref="FileKind.Unknown"/> if it doesn't).</summary>
public readonly record struct DirectoryEntry(string Name, FileKind Kind, ulong Inode);

/// <summary>Lists directories with getdents64(2), names kept byte for byte.</summary>
public static unsafe partial class DirectoryEntries
{
    private const int BufferSize = 32 << 10;
    private static readonly nint s_getdents64 = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;

    /// <summary>All entries but . and .., in the file system's order. The descriptor must be freshly opened for reading.</summary>
    public static List<DirectoryEntry> Read(int directory)
    {
        var entries = new List<DirectoryEntry>();
        var buffer = NativeMemory.Alloc(BufferSize);
        try
        {
            while (Fill(directory, (byte*)buffer) is var length and > 0)
            {
                Parse(new ReadOnlySpan<byte>(buffer, length), entries);
            }
        }
        finally
        {
            NativeMemory.Free(buffer);
        }

        return entries;
    }

    /// <summary>Opens <paramref name="name"/> (not following a symlink), lists and closes it.</summary>
    public static List<DirectoryEntry> Read(int directory, string name)
    {
        var fd = FileAt.Open(directory, name, OpenAtFlags.Directory | OpenAtFlags.NoFollow);
        try
        {
            return Read(fd);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private static int Fill(int directory, byte* buffer) =>
        FileAt.Check(FileAt.Result((int)SyscallNative(s_getdents64, directory, buffer, BufferSize)), "getdents64");

    /// <summary>struct linux_dirent64: ino (8), off (8), reclen (2), type (1), name.</summary>
    private static void Parse(ReadOnlySpan<byte> records, List<DirectoryEntry> entries)
    {
        while (!records.IsEmpty)
        {
            var length = MemoryMarshal.Read<ushort>(records[16..]);
            var name = records[19..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                entries.Add(new DirectoryEntry(LinuxPath.Decode(name), (FileKind)(records[18] << 12), MemoryMarshal.Read<ulong>(records)));
            }

            records = records[length..];
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallNative(nint number, nint directory, byte* buffer, nuint size);
}
