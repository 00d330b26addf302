using System.Buffers;
using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>
/// Extended attributes (xattr(7)) of a name below a directory descriptor; symlinks are not followed. An empty name means the directory
/// itself. The calls have no at-form before kernel 6.13, so they go through /proc/self/fd.
/// </summary>
public static unsafe partial class Xattrs
{
    private const int MaxListSize = 1 << 20;
    private const int MaxValueSize = 64 << 10;

    /// <summary>Names of all attributes; empty where the file system has none.</summary>
    public static IReadOnlyList<string> List(int directory, string name)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = Locate(directory, name, stack);
        fixed (byte* pointer = path)
        {
            var small = stackalloc byte[512];
            var n = ListNative(pointer, small, 512);
            return n >= 0 ? Split(new ReadOnlySpan<byte>(small, (int)n)) : ListLong(pointer, name);
        }
    }

    /// <summary>The value, or null when there is no such attribute (or no attributes at all on this file system).</summary>
    public static byte[]? Get(int directory, string name, string attribute)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> attributeStack = stackalloc byte[PathBuffer.StackSize];
        using var path = Locate(directory, name, stack);
        using var key = new PathBuffer(attribute, attributeStack);
        var buffer = ArrayPool<byte>.Shared.Rent(MaxValueSize);
        try
        {
            fixed (byte* pointer = path, keyPointer = key, value = buffer)
            {
                var n = GetNative(pointer, keyPointer, value, (nuint)buffer.Length);
                return n >= 0 ? buffer[..(int)n]
                    : Marshal.GetLastPInvokeError() is Errno.ENODATA or Errno.EOPNOTSUPP ? null
                    : throw LinuxException.FromLastError("lgetxattr", name);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sets an attribute; returns 0 or minus the errno.</summary>
    public static int TrySet(int directory, string name, string attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> attributeStack = stackalloc byte[PathBuffer.StackSize];
        using var path = Locate(directory, name, stack);
        using var key = new PathBuffer(attribute, attributeStack);
        fixed (byte* pointer = path, keyPointer = key, valuePointer = value)
        {
            return FileAt.Result(SetNative(pointer, keyPointer, valuePointer, (nuint)value.Length, 0));
        }
    }

    /// <summary>Sets an attribute of an open file; returns 0 or minus the errno.</summary>
    public static int TrySet(int descriptor, string attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var key = new PathBuffer(attribute, stack);
        fixed (byte* keyPointer = key, valuePointer = value)
        {
            return FileAt.Result(FSetNative(descriptor, keyPointer, valuePointer, (nuint)value.Length, 0));
        }
    }

    public static int TryRemove(int directory, string name, string attribute)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        Span<byte> attributeStack = stackalloc byte[PathBuffer.StackSize];
        using var path = Locate(directory, name, stack);
        using var key = new PathBuffer(attribute, attributeStack);
        fixed (byte* pointer = path, keyPointer = key)
        {
            return FileAt.Result(RemoveNative(pointer, keyPointer));
        }
    }

    private static PathBuffer Locate(int directory, string name, Span<byte> stack)
    {
        var buffer = directory == FileAt.CurrentDirectory ? name
            : name.Length == 0 ? $"/proc/self/fd/{directory}/."
            : $"/proc/self/fd/{directory}/{name}";
        return new PathBuffer(buffer, stack);
    }

    private static List<string> ListLong(byte* path, string name)
    {
        switch (Marshal.GetLastPInvokeError())
        {
            case Errno.EOPNOTSUPP:
                return [];
            case Errno.ERANGE:
                break;
            default:
                throw LinuxException.FromLastError("llistxattr", name);
        }

        var buffer = new byte[MaxListSize];
        fixed (byte* pointer = buffer)
        {
            var n = ListNative(path, pointer, MaxListSize);
            return n >= 0 ? Split(buffer.AsSpan(0, (int)n)) : throw LinuxException.FromLastError("llistxattr", name);
        }
    }

    private static List<string> Split(ReadOnlySpan<byte> list)
    {
        var names = new List<string>();
        while (!list.IsEmpty)
        {
            var end = list.IndexOf((byte)0);
            end = end < 0 ? list.Length : end;
            names.Add(LinuxPath.Decode(list[..end]));
            list = list[Math.Min(end + 1, list.Length)..];
        }

        return names;
    }

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true)]
    private static partial nint ListNative(byte* path, byte* list, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    private static partial nint GetNative(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true)]
    private static partial int SetNative(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true)]
    private static partial int FSetNative(int descriptor, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "lremovexattr", SetLastError = true)]
    private static partial int RemoveNative(byte* path, byte* name);
}
