using System.Runtime.InteropServices;

namespace Gantry.Linux;

public static unsafe partial class FileAt
{

    /// <summary>Sets owner and group of the name itself (a symlink is not followed).</summary>
    public static int TryChangeOwner(int directory, string name, uint userId, uint groupId)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        fixed (byte* pointer = path)
        {
            return Result(FChownAtNative(directory, pointer, userId, groupId, SymlinkNoFollow | (name.Length == 0 ? EmptyPath : 0)));
        }
    }

    /// <summary>Sets owner and group of an open file.</summary>
    public static int TryChangeOwner(int descriptor, uint userId, uint groupId) => Result(FChownNative(descriptor, userId, groupId));

    /// <summary>Sets the mode of an open file (not of an O_PATH descriptor).</summary>
    public static int TryChangeMode(int descriptor, int mode) => Result(FChmodNative(descriptor, (uint)mode));

    /// <summary>Sets the mode of what the name leads to; callers make sure that it isn't a symlink.</summary>
    public static int TryChangeMode(int directory, string name, int mode)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        fixed (byte* pointer = path)
        {
            return Result(FChmodAtNative(directory, pointer, (uint)mode, 0));
        }
    }

    /// <summary>Sets the mode of the name itself, whatever it is but a symlink; one can't be put in its place meanwhile.</summary>
    public static int TryChangeModeNoFollow(int directory, string name, int mode)
    {
        var fd = TryOpen(directory, name, OpenAtFlags.Path | OpenAtFlags.NoFollow);
        if (fd < 0)
        {
            return fd;
        }

        try
        {
            return TryChangeMode(CurrentDirectory, DescriptorPath(fd), mode);
        }
        finally
        {
            Close(fd);
        }
    }

    /// <summary>Sets the modification time of the name itself, and the access time to the same.</summary>
    public static int TrySetTime(int directory, string name, long modifiedNanoseconds)
    {
        Span<byte> stack = stackalloc byte[PathBuffer.StackSize];
        using var path = new PathBuffer(name, stack);
        var times = stackalloc TimeSpec[2];
        times[0] = times[1] = TimeSpec.Of(modifiedNanoseconds);
        fixed (byte* pointer = path)
        {
            return Result(UtimensAtNative(directory, pointer, times, SymlinkNoFollow));
        }
    }

    /// <summary>Sets the modification and access time of an open file.</summary>
    public static int TrySetTime(int descriptor, long modifiedNanoseconds)
    {
        var times = stackalloc TimeSpec[2];
        times[0] = times[1] = TimeSpec.Of(modifiedNanoseconds);
        return Result(FUtimensNative(descriptor, times));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        private long _seconds;
        private long _nanoseconds;

        internal static TimeSpec Of(long nanoseconds)
        {
            var seconds = Math.DivRem(nanoseconds, 1_000_000_000, out var rest);
            return rest < 0
                ? new TimeSpec { _seconds = seconds - 1, _nanoseconds = rest + 1_000_000_000 }
                : new TimeSpec { _seconds = seconds, _nanoseconds = rest };
        }
    }

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    private static partial int FChownAtNative(int directory, byte* path, uint user, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int FChownNative(int descriptor, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FChmodNative(int descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true)]
    private static partial int FChmodAtNative(int directory, byte* path, uint mode, int flags);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    private static partial int UtimensAtNative(int directory, byte* path, TimeSpec* times, int flags);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    private static partial int FUtimensNative(int descriptor, TimeSpec* times);
}
