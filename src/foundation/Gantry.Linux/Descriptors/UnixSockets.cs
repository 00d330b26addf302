using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Gantry.Linux;

public enum UnixSocketType
{
    Stream = 1,
    SeqPacket = 5,
}

/// <summary>Unix domain sockets with descriptors as cargo (unix(7), SCM_RIGHTS), which .NET's sockets don't offer.</summary>
public static unsafe partial class UnixSockets
{
    /// <summary>How many descriptors one message can carry here.</summary>
    public const int MaxDescriptors = 64;

    private const int Unix = 1;
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int PeerCredentials = 17;
    private const int SendBufferForce = 32;
    private const int ReceiveBufferForce = 33;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int NoSignal = 0x4000;
    private const int DontWait = 0x40;
    private const int CmsgCloseOnExec = 0x40000000;
    private const int ControlTruncated = 0x8;
    private const int Truncated = 0x20;
    private const int ControlHeader = 16;
    private const int MaxPath = 107;
    private const short PollIn = 1;

    /// <summary>A connected, close-on-exec pair.</summary>
    public static (int First, int Second) CreatePair(UnixSocketType type, bool nonBlocking)
    {
        var ends = stackalloc int[2];
        return SocketPairNative(Unix, (int)type | CloseOnExec | (nonBlocking ? NonBlocking : 0), 0, ends) < 0
            ? throw LinuxException.FromLastError("socketpair")
            : (ends[0], ends[1]);
    }

    /// <summary>A non-blocking listening socket at a path, which must not exist and can't be longer than 107 bytes (see <see cref="ShortPath"/>).</summary>
    public static int Listen(string path, UnixSocketType type)
    {
        var fd = Create((int)type | CloseOnExec | NonBlocking);
        try
        {
            var address = stackalloc byte[110];
            var length = Address(path, address);
            if (BindNative(fd, address, length) < 0)
            {
                throw LinuxException.FromLastError("bind", path);
            }

            return ListenNative(fd, 16) < 0 ? throw LinuxException.FromLastError("listen", path) : fd;
        }
        catch
        {
            RawFiles.Close(fd);
            throw;
        }
    }

    /// <summary>A blocking, close-on-exec connection; -1 with the errno in <see cref="Marshal.GetLastPInvokeError"/> when it is refused.</summary>
    public static int TryConnect(string path, UnixSocketType type)
    {
        var fd = Create((int)type | CloseOnExec);
        var address = stackalloc byte[110];
        var length = Address(path, address);
        if (ConnectNative(fd, address, length) == 0)
        {
            return fd;
        }

        var error = Marshal.GetLastPInvokeError();
        RawFiles.Close(fd);
        Marshal.SetLastPInvokeError(error);
        return -1;
    }

    /// <summary>Accepts a connection, close-on-exec; minus the errno when none is waiting.</summary>
    public static int TryAccept(int listener, bool nonBlocking)
    {
        var fd = AcceptNative(listener, null, null, CloseOnExec | (nonBlocking ? NonBlocking : 0));
        return fd >= 0 ? fd : -Marshal.GetLastPInvokeError();
    }

    /// <summary>A name for a file in an open directory that fits a socket address however deep the directory is.</summary>
    public static string ShortPath(int directoryFd, string name) => $"/proc/{Environment.ProcessId}/fd/{directoryFd}/{name}";

    /// <summary>Process id of the other side when it connected.</summary>
    public static int PeerProcessId(int fd)
    {
        var credentials = stackalloc int[3];
        var length = 12u;
        return GetSockOptNative(fd, SolSocket, PeerCredentials, credentials, &length) < 0
            ? throw LinuxException.FromLastError("getsockopt(SO_PEERCRED)")
            : credentials[0];
    }

    /// <summary>Sets both buffers beyond the system's limit (needs CAP_NET_ADMIN; a refusal only costs speed).</summary>
    public static void TrySetBuffers(int fd, int bytes)
    {
        _ = SetSockOptNative(fd, SolSocket, SendBufferForce, &bytes, sizeof(int));
        _ = SetSockOptNative(fd, SolSocket, ReceiveBufferForce, &bytes, sizeof(int));
    }

    /// <summary>Ends this side's sending.</summary>
    public static void ShutdownWrite(int fd) => _ = ShutdownNative(fd, 1);

    /// <summary>Ends both directions without giving up the descriptor: a blocked reader wakes up.</summary>
    public static void ShutdownBoth(int fd) => _ = ShutdownNative(fd, 2);

    /// <summary>Waits until there is something to receive (the end, too); false when it did not come in time. Blocks the thread (poll(2)).</summary>
    public static bool WaitReadable(int fd, TimeSpan patience)
    {
        var entry = new PollEntry { Descriptor = fd, Wanted = PollIn };
        var end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            var ready = PollNative(&entry, 1, (int)Math.Max(0, end - Environment.TickCount64));
            if (ready >= 0 || Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                return ready != 0;
            }
        }
    }

    /// <summary>Sends without SIGPIPE. Returns the byte count or minus the errno.</summary>
    public static int TrySend(int fd, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors = default, bool wait = false)
    {
        if (descriptors.Length > MaxDescriptors)
        {
            throw new ArgumentOutOfRangeException(nameof(descriptors));
        }

        var control = stackalloc byte[ControlHeader + (MaxDescriptors * sizeof(int))];
        fixed (byte* pointer = data)
        {
            var vector = new IoVector { Base = pointer, Length = (nuint)data.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                *(nuint*)control = (nuint)(ControlHeader + (descriptors.Length * sizeof(int)));
                *(int*)(control + 8) = SolSocket;
                *(int*)(control + 12) = ScmRights;
                descriptors.CopyTo(new Span<int>(control + ControlHeader, descriptors.Length));
                message.Control = control;
                message.ControlLength = (nuint)((ControlHeader + (descriptors.Length * sizeof(int)) + 7) & ~7);
            }

            while (true)
            {
                var n = SendMsgNative(fd, &message, NoSignal | (wait ? 0 : DontWait));
                if (n >= 0)
                {
                    return (int)n;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.EINTR)
                {
                    return -error;
                }
            }
        }
    }

    /// <summary>
    /// Receives one message or what there is. Returns the byte count, 0 at the end, or minus the errno; EMSGSIZE when the message was longer
    /// than the buffer. Descriptors that came along are the caller's (close-on-exec); those beyond the span are closed.
    /// </summary>
    public static int TryReceive(int fd, Span<byte> buffer, Span<int> descriptors, out int descriptorCount, bool wait = false)
    {
        descriptorCount = 0;
        const int Capacity = ControlHeader + (MaxDescriptors * sizeof(int));
        var control = stackalloc byte[Capacity];
        fixed (byte* pointer = buffer)
        {
            var vector = new IoVector { Base = pointer, Length = (nuint)buffer.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = Capacity };
            nint n;
            while ((n = RecvMsgNative(fd, &message, CmsgCloseOnExec | (wait ? 0 : DontWait))) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.EINTR)
                {
                    return -error;
                }
            }

            descriptorCount = TakeDescriptors(control, message.ControlLength, descriptors);
            if ((message.Flags & (Truncated | ControlTruncated)) != 0)
            {
                CloseAll(descriptors[..descriptorCount]);
                descriptorCount = 0;
                return -Errno.EMSGSIZE;
            }

            return (int)n;
        }
    }

    private static int TakeDescriptors(byte* control, nuint length, Span<int> descriptors)
    {
        if (length < ControlHeader || *(int*)(control + 8) != SolSocket || *(int*)(control + 12) != ScmRights)
        {
            return 0;
        }

        var received = new ReadOnlySpan<int>(control + ControlHeader, (int)(*(nuint*)control - ControlHeader) / sizeof(int));
        var kept = Math.Min(received.Length, descriptors.Length);
        received[..kept].CopyTo(descriptors);
        CloseAll(received[kept..]);
        return kept;
    }

    private static void CloseAll(ReadOnlySpan<int> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            RawFiles.Close(descriptor);
        }
    }

    private static int Create(int type)
    {
        var fd = SocketNative(Unix, type, 0);
        return fd >= 0 ? fd : throw LinuxException.FromLastError("socket");
    }

    private static uint Address(string path, byte* address)
    {
        var count = Encoding.UTF8.GetByteCount(path);
        if (count > MaxPath)
        {
            throw new LinuxException("bind", Errno.EINVAL, $"{path} (longer than {MaxPath} bytes)");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(new Span<byte>(address, 2), Unix);
        Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, count));
        address[2 + count] = 0;
        return (uint)(count + 3);
    }

    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Got;
    }

    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketNative(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int SocketPairNative(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int BindNative(int fd, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int ListenNative(int fd, int backlog);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int ConnectNative(int fd, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int AcceptNative(int fd, byte* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetSockOptNative(int fd, int level, int name, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSockOptNative(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int PollNative(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int ShutdownNative(int fd, int how);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMsgNative(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint RecvMsgNative(int fd, MessageHeader* message, int flags);
}
