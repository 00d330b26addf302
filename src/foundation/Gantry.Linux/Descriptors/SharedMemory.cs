using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>A file mapped read-write and shared (mmap(2)): what is stored in it outlives a killed process at once.</summary>
public sealed unsafe partial class SharedMemory : IDisposable
{
    private const int ReadWrite = 3;
    private const int Shared = 1;
    private const nint Failed = -1;

    private byte* _address;

    private SharedMemory(byte* address, long length)
    {
        _address = address;
        Length = length;
    }

    /// <summary>First byte of the mapping; valid until disposed.</summary>
    public byte* Address => _address;

    public long Length { get; }

    /// <summary>Maps the first <paramref name="length"/> bytes of an open file. The descriptor may be closed afterwards.</summary>
    public static SharedMemory Map(int fd, long length)
    {
        var address = MmapNative(0, (nuint)length, ReadWrite, Shared, fd, 0);
        return address == Failed ? throw LinuxException.FromLastError("mmap") : new SharedMemory((byte*)address, length);
    }

    public void Dispose()
    {
        if (_address != null)
        {
            _ = MunmapNative((nint)_address, (nuint)Length);
            _address = null;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MmapNative(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int MunmapNative(nint address, nuint length);
}
