using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Drivers;

/// <summary>
/// Unsolicited ARP (RFC 5227, 2.3) and neighbour advertisements (RFC 4861, 7.2.6) for a new interface's addresses: neighbours that knew a former
/// owner of an address have its hardware address by now, which is another for each start.
/// </summary>
/// <param name="Count">How often each is sent; 0: never.</param>
/// <param name="Interval">Between two of them.</param>
internal sealed record Announcement(int Count, TimeSpan Interval)
{
    private const string CountKey = "com.docker.network.advertise_addr_nmsgs";
    private const string IntervalKey = "com.docker.network.advertise_addr_ms";
    private const int MaxCount = 3;
    private const int MinInterval = 100;
    private const int MaxInterval = 2000;
    private const ushort ArpProtocol = 0x806;
    private const ushort IPv6Protocol = 0x86dd;
    private const int IPv6HeaderSize = 40;
    private const int AdvertisementSize = 32;
    private const byte IcmpV6 = 58;

    private static readonly byte[] s_everyone = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    private static readonly byte[] s_allNodes = [0x33, 0x33, 0, 0, 0, 1];
    private static readonly IPAddress s_allNodesAddress = IPAddress.Parse("ff02::1");

    public static Announcement Default { get; } = new(MaxCount, TimeSpan.FromSeconds(1));

    /// <summary>From a network's driver options.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words, one line for each bad option.</exception>
    public static Announcement Parse(IReadOnlyDictionary<string, string> options)
    {
        var errors = new List<string>();
        var count = Number(options, CountKey, Default.Count, 0, MaxCount, "an integer", errors);
        var interval = Number(options, IntervalKey, (int)Default.Interval.TotalMilliseconds, MinInterval, MaxInterval, "integer milliseconds", errors);
        return errors.Count == 0
            ? new Announcement(count, TimeSpan.FromMilliseconds(interval))
            : throw GantryException.InvalidArgument(string.Join('\n', errors));
    }

    /// <summary>The same of a network that is there: one that an earlier version made may have options that nobody checked.</summary>
    public static Announcement Of(IReadOnlyDictionary<string, string> options)
    {
        try
        {
            return Parse(options);
        }
        catch (GantryException)
        {
            return Default;
        }
    }

    /// <summary>Sends one of each. False when the interface is gone.</summary>
    public static bool TrySend(PacketSocket socket, int interfaceIndex, byte[] mac, IEnumerable<IPAddress> addresses) => addresses.All(address =>
        (address.AddressFamily == AddressFamily.InterNetworkV6
            ? socket.TrySend(Advertisement(address, mac), interfaceIndex, IPv6Protocol, s_allNodes)
            : socket.TrySend(Arp(address, mac), interfaceIndex, ArpProtocol, s_everyone)) == 0);

    /// <summary>A request for the own address, which nobody has to answer and all who know it learn from.</summary>
    public static byte[] Arp(IPAddress address, ReadOnlySpan<byte> mac)
    {
        byte[] packet = [0, 1, 8, 0, 6, 4, 0, 1, .. mac, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        address.TryWriteBytes(packet.AsSpan(14), out _);
        address.TryWriteBytes(packet.AsSpan(24), out _);
        return packet;
    }

    /// <summary>An IPv6 packet to all nodes, with the override flag and the hardware address as its option.</summary>
    public static byte[] Advertisement(IPAddress address, ReadOnlySpan<byte> mac)
    {
        var packet = new byte[IPv6HeaderSize + AdvertisementSize];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), AdvertisementSize);
        packet[6] = IcmpV6;
        packet[7] = 255;
        address.TryWriteBytes(packet.AsSpan(8), out _);
        s_allNodesAddress.TryWriteBytes(packet.AsSpan(24), out _);
        var message = packet.AsSpan(IPv6HeaderSize);
        message[0] = 136;
        message[4] = 0x20;
        address.TryWriteBytes(message[8..], out _);
        (message[24], message[25]) = (2, 1);
        mac.CopyTo(message[26..]);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(packet));
        return packet;
    }

    /// <summary>RFC 4443, 2.3: over both addresses, length, protocol and message.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> packet)
    {
        uint sum = AdvertisementSize + IcmpV6;
        for (var i = 8; i < packet.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        }

        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~((sum & 0xffff) + (sum >> 16));
    }

    private static int Number(IReadOnlyDictionary<string, string> options, string key, int absent, int min, int max, string what, List<string> errors)
    {
        if (!options.TryGetValue(key, out var text))
        {
            return absent;
        }

        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            errors.Add($"value for option {key} \"{text}\" must be {what}");
        }
        else if (number < min || number > max)
        {
            errors.Add($"{key} must be in the range {min} to {max}");
        }

        return number;
    }
}
