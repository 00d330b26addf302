using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Networks.Drivers;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Neighbours of a container hear of its addresses.</summary>
public sealed class AnnouncementTests
{
    private const string Address4 = "10.77.0.9";
    private const string Address6 = "fd00:77::9";

    [Fact]
    public async Task Neighbours_forget_the_last_owner_of_an_address()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(Options(), default);
        var space = engine.Space(await engine.RunAsync("other", "net"));
        var same = new EndpointOptions { IPv4Address = Address4, IPv6Address = Address6 };
        var first = await engine.RunAsync("first", "net", same);
        Assert.True(machine.In(space, () => Greet(Address4)) && machine.In(space, () => Greet(Address6)));
        var mac = MacOf(first);
        await UntilAsync(() => Known(Address4) == mac && Known(Address6) == mac);

        await engine.Service.ReleaseSandboxAsync(first, default);
        var second = await engine.RunAsync("second", "net", same);

        var now = MacOf(second);
        Assert.NotEqual(mac, now);
        await UntilAsync(() => Known(Address4) == now && Known(Address6) == now);

        string MacOf(string container) => engine.Service.FindSandbox(container)!.Endpoints[0].MacAddress;
        string? Known(string address) => machine.In(space, () => Neighbour(address));
    }

    [Theory]
    [InlineData("advertise_addr_ms", "99", "com.docker.network.advertise_addr_ms must be in the range 100 to 2000")]
    [InlineData("advertise_addr_ms", "nonsense", "value for option com.docker.network.advertise_addr_ms \"nonsense\" must be integer milliseconds")]
    [InlineData("advertise_addr_nmsgs", "4", "com.docker.network.advertise_addr_nmsgs must be in the range 0 to 3")]
    [InlineData("advertise_addr_nmsgs", "-1", "com.docker.network.advertise_addr_nmsgs must be in the range 0 to 3")]
    [InlineData("advertise_addr_nmsgs", "x", "value for option com.docker.network.advertise_addr_nmsgs \"x\" must be an integer")]
    public async Task Options_are_checked(string option, string value, string error)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var options = Options() with { Options = new Dictionary<string, string> { ["com.docker.network." + option] = value } };

        Assert.Equal(error, (await Assert.ThrowsAsync<GantryException>(() => engine.Service.CreateAsync(options, default))).Message);
        Assert.Null(engine.Service.Find("net"));
    }

    [Fact]
    public void Packets_are_as_the_standards_have_them()
    {
        byte[] mac = [2, 0x42, 0xac, 0x11, 0, 2];

        Assert.Equal(
            "00010800060400010242AC1100020A4D00090000000000000A4D0009",
            Convert.ToHexString(Announcement.Arp(IPAddress.Parse(Address4), mac)));

        // One's complement sum over pseudo header and message, checksum included, is all ones (RFC 1071).
        var packet = Announcement.Advertisement(IPAddress.Parse(Address6), mac);
        var sum = 32u + 58;
        for (var i = 8; i < packet.Length; i += 2)
        {
            sum += (uint)((packet[i] << 8) | packet[i + 1]);
        }

        Assert.Equal(0xffffu, (sum & 0xffff) + (sum >> 16));
        Assert.Equal("6000000000203AFF", Convert.ToHexString(packet[..8]));
        Assert.Equal("8800", Convert.ToHexString(packet[40..42]));
        Assert.Equal("20000000", Convert.ToHexString(packet[44..48]));
        Assert.Equal("02010242AC110002", Convert.ToHexString(packet[^8..]));
    }

    private static NetworkCreateOptions Options() => new()
    {
        Name = "net",
        EnableIPv6 = true,
        Ipam = new NetworkIpam { Configs = [new NetworkIpamConfig { Subnet = "10.77.0.0/24" }, new NetworkIpamConfig { Subnet = "fd00:77::/64" }] },
    };

    /// <summary>Has the kernel ask who has an address.</summary>
    private static bool Greet(string address)
    {
        var to = new IPEndPoint(IPAddress.Parse(address), 9);
        using var socket = new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        return socket.SendTo([1], to) == 1;
    }

    /// <summary>The hardware address that the namespace of the calling thread knows.</summary>
    private static string? Neighbour(string address)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", ["neigh", "show", "to", address]) { RedirectStandardOutput = true })!;
        var words = ip.StandardOutput.ReadToEnd().Split(' ', '\n');
        ip.WaitForExit();
        var at = Array.IndexOf(words, "lladdr");
        return at < 0 ? null : words[at + 1];
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 200 && !condition(); attempt++)
        {
            await Task.Delay(25);
        }

        Assert.True(condition());
    }
}
