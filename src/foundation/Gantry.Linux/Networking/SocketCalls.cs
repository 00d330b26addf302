using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>Socket system calls that <see cref="System.Net.Sockets"/> has no way to reach.</summary>
internal static unsafe partial class SocketCalls
{
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int AF_NETLINK = 16;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int MSG_TRUNC = 0x20;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial SafeFileHandle socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(SafeFileHandle fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int connect(SafeFileHandle fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(SafeFileHandle fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial SafeFileHandle accept4(SafeFileHandle fd, byte* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockname(SafeFileHandle fd, byte* address, int* length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(SafeFileHandle fd, int level, int name, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockopt(SafeFileHandle fd, int level, int name, void* value, int* length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int shutdown(SafeFileHandle fd, int how);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint send(SafeFileHandle fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recv(SafeFileHandle fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendto(SafeFileHandle fd, byte* buffer, nint length, int flags, byte* address, int addressLength);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvfrom(SafeFileHandle fd, byte* buffer, nint length, int flags, byte* address, int* addressLength);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int recvmmsg(SafeFileHandle fd, MessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sendmmsg(SafeFileHandle fd, MessageHeader* messages, uint count, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct mmsghdr: a struct msghdr, whose end is padded to eight bytes, and how many bytes were received or sent.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public nint Flags;
        public uint Count;
    }
}
