using System.Runtime.InteropServices;

namespace Gantry.Linux;

[Flags]
public enum EpollEvents : uint
{
    None = 0,
    In = 0x001,
    Out = 0x004,
    Error = 0x008,
    HangUp = 0x010,
    ReadHangUp = 0x2000,
    EdgeTriggered = 1u << 31,
}

/// <summary>An epoll instance (epoll(7)). Not thread-safe: one thread waits and changes it.</summary>
public sealed unsafe partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int s_stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int s_dataOffset = s_stride - 8;

    private readonly int _fd;
    private readonly int _capacity;
    private byte* _events;

    public Epoll(int capacity)
    {
        _capacity = capacity;
        _fd = EpollCreateNative((int)OpenFlags.CloseOnExec);
        if (_fd < 0)
        {
            throw LinuxException.FromLastError("epoll_create1");
        }

        _events = (byte*)NativeMemory.AllocZeroed((nuint)(capacity * s_stride));
    }

    /// <summary>Watches a descriptor; <paramref name="token"/> comes back with each of its events.</summary>
    public void Watch(int fd, EpollEvents events, ulong token) => Control(Add, fd, events, token);

    public void Change(int fd, EpollEvents events, ulong token) => Control(Modify, fd, events, token);

    /// <summary>Stops watching. Needed before closing a descriptor of which duplicates live on elsewhere.</summary>
    public void Remove(int fd) => _ = EpollCtlNative(_fd, Delete, fd, null);

    /// <summary>Waits; returns how many events <see cref="Event"/> can give. A negative timeout waits for ever.</summary>
    public int Wait(int timeoutMilliseconds)
    {
        while (true)
        {
            var n = EpollWaitNative(_fd, _events, _capacity, timeoutMilliseconds);
            if (n >= 0)
            {
                return n;
            }

            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw LinuxException.FromLastError("epoll_wait");
            }
        }
    }

    /// <summary>The <paramref name="index"/>th event of the last <see cref="Wait"/>.</summary>
    public (EpollEvents Events, ulong Token) Event(int index)
    {
        var entry = _events + (index * s_stride);
        return (*(EpollEvents*)entry, *(ulong*)(entry + s_dataOffset));
    }

    public void Dispose()
    {
        if (_events != null)
        {
            NativeMemory.Free(_events);
            _events = null;
            RawFiles.Close(_fd);
        }
    }

    private void Control(int operation, int fd, EpollEvents events, ulong token)
    {
        var entry = stackalloc byte[16];
        *(EpollEvents*)entry = events;
        *(ulong*)(entry + s_dataOffset) = token;
        if (EpollCtlNative(_fd, operation, fd, entry) < 0)
        {
            throw LinuxException.FromLastError("epoll_ctl");
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreateNative(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollCtlNative(int epoll, int operation, int fd, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWaitNative(int epoll, byte* events, int capacity, int timeout);
}
