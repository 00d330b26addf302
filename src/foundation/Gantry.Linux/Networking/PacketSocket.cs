using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>
/// Sends frames (packet(7)); receives nothing. It stays in the network namespace of the thread that opened it. Closing waits for an RCU grace period,
/// some milliseconds: not for a thread that others wait for.
/// </summary>
public sealed unsafe class PacketSocket : IDisposable
{
    private const int PacketFamily = 17;
    private const int EthernetHardware = 1;
    private const int AddressSize = 20;
    private const int MacSize = 6;
    private readonly SafeFileHandle _handle;

    private PacketSocket(SafeFileHandle handle) => _handle = handle;

    /// <summary>Needs CAP_NET_RAW in the namespace's user namespace.</summary>
    /// <exception cref="LinuxException">socket.</exception>
    public static PacketSocket Open()
    {
        var handle = SocketCalls.socket(PacketFamily, SocketCalls.SOCK_DGRAM | SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC, 0);
        return handle.IsInvalid ? throw LinuxException.FromLastError("socket", "packet") : new PacketSocket(handle);
    }

    /// <summary>Sends what comes after the Ethernet header; the kernel writes that, with the interface's own address. Returns 0 or minus the errno.</summary>
    /// <param name="payload">All of it.</param>
    /// <param name="interfaceIndex">The interface that it leaves by.</param>
    /// <param name="protocol">EtherType.</param>
    /// <param name="mac">Six bytes: where it goes.</param>
    public int TrySend(ReadOnlySpan<byte> payload, int interfaceIndex, ushort protocol, ReadOnlySpan<byte> mac)
    {
        // struct sockaddr_ll
        Span<byte> address = stackalloc byte[AddressSize];
        address.Clear();
        BitConverter.TryWriteBytes(address, (ushort)PacketFamily);
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], protocol);
        BitConverter.TryWriteBytes(address[4..], interfaceIndex);
        BitConverter.TryWriteBytes(address[8..], (ushort)EthernetHardware);
        address[11] = MacSize;
        mac[..MacSize].CopyTo(address[12..]);
        fixed (byte* data = payload, to = address)
        {
            return SocketCalls.sendto(_handle, data, payload.Length, 0, to, AddressSize) < 0
                ? -System.Runtime.InteropServices.Marshal.GetLastPInvokeError()
                : 0;
        }
    }

    public void Dispose() => _handle.Dispose();
}
