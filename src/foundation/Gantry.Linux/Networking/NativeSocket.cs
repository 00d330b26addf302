using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>
/// A non-blocking socket for event loops, without the queues of <see cref="Socket"/>. Results below zero are negated errno values, as the
/// kernel gives them. The socket stays in the network namespace of the thread that opened it.
/// </summary>
public sealed unsafe class NativeSocket : IDisposable
{
    /// <summary>Room for any address.</summary>
    public const int MaxAddress = 28;

    private const int SolSocket = 1;
    private const int SoReuseAddr = 2;
    private const int SoError = 4;
    private const int IpProtoIPv6 = 41;
    private const int IPv6Only = 26;
    private const int IpProtoTcp = 6;
    private const int TcpNoDelay = 1;

    private NativeSocket(SafeFileHandle handle) => Handle = handle;

    public SafeFileHandle Handle { get; }

    public static NativeSocket Open(AddressFamily family, SocketType type, int protocol = 0)
    {
        var nativeFamily = family == AddressFamily.InterNetworkV6 ? SocketCalls.AF_INET6 : SocketCalls.AF_INET;
        var nativeType = type == SocketType.Dgram ? SocketCalls.SOCK_DGRAM : SocketCalls.SOCK_STREAM;
        var handle = SocketCalls.socket(nativeFamily, nativeType | SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC, protocol);
        if (handle.IsInvalid)
        {
            throw LinuxException.FromLastError("socket", $"{family} {type}");
        }

        var socket = new NativeSocket(handle);
        if (family == AddressFamily.InterNetworkV6)
        {
            socket.SetOption(IpProtoIPv6, IPv6Only, 1);
        }

        return socket;
    }

    /// <summary>Lets a listener take an address that closed connections still linger on. It never lets two listeners share one.</summary>
    public void ReuseAddress() => SetOption(SolSocket, SoReuseAddr, 1);

    public void NoDelay() => SetOption(IpProtoTcp, TcpNoDelay, 1);

    public int Bind(IPEndPoint endpoint)
    {
        var address = endpoint.Serialize();
        fixed (byte* data = address.Buffer.Span)
        {
            return Result(SocketCalls.bind(Handle, data, address.Size));
        }
    }

    public int Listen(int backlog) => Result(SocketCalls.listen(Handle, backlog));

    /// <summary>0, or -EINPROGRESS: then the outcome is <see cref="Error"/> once the socket is writable.</summary>
    public int Connect(IPEndPoint endpoint)
    {
        var address = endpoint.Serialize();
        fixed (byte* data = address.Buffer.Span)
        {
            return Result(SocketCalls.connect(Handle, data, address.Size));
        }
    }

    /// <summary>A waiting connection, or null with the negated errno.</summary>
    public NativeSocket? Accept(out int error)
    {
        var handle = SocketCalls.accept4(Handle, null, null, SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC);
        error = handle.IsInvalid ? -Marshal.GetLastPInvokeError() : 0;
        if (handle.IsInvalid)
        {
            handle.Dispose();
            return null;
        }

        return new NativeSocket(handle);
    }

    /// <summary>The pending error of the socket (SO_ERROR), as a positive errno; reading clears it.</summary>
    public int Error
    {
        get
        {
            int value;
            var length = sizeof(int);
            return SocketCalls.getsockopt(Handle, SolSocket, SoError, &value, &length) < 0 ? Marshal.GetLastPInvokeError() : value;
        }
    }

    public int LocalPort
    {
        get
        {
            Span<byte> address = stackalloc byte[MaxAddress];
            var length = MaxAddress;
            fixed (byte* data = address)
            {
                return SocketCalls.getsockname(Handle, data, &length) < 0
                    ? throw LinuxException.FromLastError("getsockname")
                    : (address[2] << 8) | address[3];
            }
        }
    }

    public int Receive(Span<byte> buffer)
    {
        fixed (byte* data = buffer)
        {
            return Result(SocketCalls.recv(Handle, data, buffer.Length, 0));
        }
    }

    /// <summary>Receives one datagram and the raw address it came from.</summary>
    public int ReceiveFrom(Span<byte> buffer, Span<byte> address, out int addressLength)
    {
        var length = address.Length;
        fixed (byte* data = buffer)
        fixed (byte* from = address)
        {
            var count = Result(SocketCalls.recvfrom(Handle, data, buffer.Length, 0, from, &length));
            addressLength = length;
            return count;
        }
    }

    public int Send(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* data = buffer)
        {
            return Result(SocketCalls.send(Handle, data, buffer.Length, SocketCalls.MSG_NOSIGNAL));
        }
    }

    /// <summary>Sends one datagram to a raw address.</summary>
    public int SendTo(ReadOnlySpan<byte> buffer, ReadOnlySpan<byte> address)
    {
        fixed (byte* data = buffer)
        fixed (byte* to = address)
        {
            return Result(SocketCalls.sendto(Handle, data, buffer.Length, SocketCalls.MSG_NOSIGNAL, to, address.Length));
        }
    }

    /// <summary>Tells the other side that nothing more comes (SHUT_WR).</summary>
    public void ShutdownSend() => _ = SocketCalls.shutdown(Handle, 1);

    /// <summary>Turns into a <see cref="Socket"/> that owns the descriptor; this object must not be used any more.</summary>
    public Socket ToSocket()
    {
        var handle = new SafeSocketHandle(Handle.DangerousGetHandle(), ownsHandle: true);
        Handle.SetHandleAsInvalid();
        return new Socket(handle);
    }

    public void Dispose() => Handle.Dispose();

    private static int Result(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;

    private void SetOption(int level, int name, int value)
    {
        if (SocketCalls.setsockopt(Handle, level, name, &value, sizeof(int)) < 0)
        {
            throw LinuxException.FromLastError("setsockopt");
        }
    }
}
