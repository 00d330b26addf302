using System.Net;
using CsCheck;
using Gantry.Errors;
using Gantry.Networks.Addressing;
using Gantry.Networks.Dns;

namespace Gantry.Networks.Tests;

/// <summary>Arithmetic of subnets and the handing out of addresses.</summary>
public sealed class AddressTests
{
    private static readonly Gen<Subnet> s_subnet =
        from v6 in Gen.Bool
        from bytes in Gen.Byte.Array[v6 ? 16 : 4]
        from length in Gen.Int[0, v6 ? 128 : 32]
        select Subnet.Of(new IPAddress(bytes), length);

    [Theory]
    [InlineData("bad", "unable to parse IP")]
    [InlineData("1:x", "unable to parse IP")]
    [InlineData("resolver.example.com", "unexpected character (at \"resolver.example.com\")")]
    [InlineData("1.2x.3.4", "unexpected character (at \"x.3.4\")")]
    [InlineData("1..2.3", "IPv4 field must have at least one digit (at \".2.3\")")]
    [InlineData("1.2.3.", "IPv4 field must have at least one digit (at \".\")")]
    [InlineData("1.2.3", "IPv4 address too short")]
    [InlineData("1.2.3.4.5", "IPv4 address too long")]
    [InlineData("1.2.3.256", "IPv4 field has value >255")]
    [InlineData("1.2.3.04", "IPv4 field has octet with leading zero")]
    public void A_name_server_that_is_no_address_is_refused(string text, string reason)
    {
        Nameservers.Check(["9.9.9.9", "2001:db8::1", "fe80::1%eth0", "::ffff:1.2.3.4"]);

        Assert.Equal($"bad nameserver address {text}: ParseAddr(\"{text}\"): {reason}", Assert.Throws<GantryException>(() => Nameservers.Check(["9.9.9.9", text])).Message);
    }

    [Fact]
    public void A_subnet_reads_back_what_it_writes() => s_subnet.Sample(subnet =>
    {
        Assert.True(Subnet.TryParse(subnet.ToString(), out var read, out var address));
        Assert.Equal((subnet, subnet.FirstAddress), (read, address));
        Assert.True(subnet.Contains(subnet.ToAddress(subnet.Last)) && subnet.Contains(subnet) && subnet.Overlaps(subnet));
    });

    [Fact]
    public void Overlap_is_mutual_and_means_that_one_contains_the_other() => Gen.Select(s_subnet, s_subnet).Sample((a, b) =>
    {
        Assert.Equal(a.Overlaps(b), b.Overlaps(a));
        Assert.Equal(a.Overlaps(b), a.Contains(b) || b.Contains(a));
    });

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0/24")]
    [InlineData("010.0.0.0/24")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("fe80::1%eth0/64")]
    [InlineData("[fd00::]/64")]
    [InlineData("fd00::/129")]
    [InlineData("/8")]
    public void Odd_notations_are_refused(string text) => Assert.False(Subnet.TryParse(text, out _, out _));

    [Fact]
    public void No_address_is_given_twice_and_all_are_given() => Gen.Int[20, 32].Sample(length =>
    {
        Assert.True(Subnet.TryParse($"10.0.0.0/{length}", out var subnet, out _));
        var allocator = new AddressAllocator(subnet, subnet);
        var given = new HashSet<IPAddress>();
        while (allocator.Allocate() is { } address)
        {
            Assert.True(subnet.Contains(address) && given.Add(address));
        }

        Assert.Equal(length >= 31 ? 1 << (32 - length) : (1 << (32 - length)) - 2, given.Count);
    });

    [Fact]
    public void The_lowest_free_address_comes_first()
    {
        Assert.True(Subnet.TryParse("10.0.0.0/29", out var subnet, out _));
        var allocator = new AddressAllocator(subnet, subnet);
        Assert.Equal("10.0.0.1", allocator.Allocate()?.ToString());
        Assert.Equal("10.0.0.2", allocator.Allocate()?.ToString());
        allocator.Restore(IPAddress.Parse("10.0.0.4"));
        allocator.Release(IPAddress.Parse("10.0.0.1"));

        Assert.Equal(["10.0.0.1", "10.0.0.3", "10.0.0.5", "10.0.0.6", null], Enumerable.Range(0, 5).Select(_ => allocator.Allocate()?.ToString()));
    }

    [Fact]
    public void The_last_address_of_all_is_given_and_no_more()
    {
        Assert.True(Subnet.TryParse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", out var subnet, out _));
        var allocator = new AddressAllocator(subnet, subnet);

        Assert.Equal(2, Enumerable.Range(0, 4).Count(_ => allocator.Allocate() is not null));
    }

    [Fact]
    public void A_range_limits_what_is_chosen_but_not_what_is_asked_for()
    {
        Assert.True(Subnet.TryParse("10.0.0.0/24", out var subnet, out _) & Subnet.TryParse("10.0.0.128/30", out var range, out _));
        var allocator = new AddressAllocator(subnet, range);

        Assert.Equal(["10.0.0.128", "10.0.0.129", "10.0.0.130", "10.0.0.131", null], Enumerable.Range(0, 5).Select(_ => allocator.Allocate()?.ToString()));
        Assert.True(allocator.TryReserve(IPAddress.Parse("10.0.0.5")));
        Assert.False(allocator.TryReserve(IPAddress.Parse("10.0.1.5")));
    }

    [Fact]
    public void A_chosen_subnet_overlaps_nothing_that_is_taken() => s_subnet.Array[0, 12].Sample(taken =>
    {
        if (SubnetChooser.Choose(SubnetChooser.DefaultPools, v6: false, taken) is { } chosen)
        {
            Assert.DoesNotContain(taken, chosen.Overlaps);
            Assert.True(chosen.PrefixLength is 16 or 20);
        }
        else
        {
            Assert.NotEmpty(taken);
        }
    });

    [Fact]
    public void All_subnets_of_the_default_pools_can_be_had()
    {
        var taken = new List<Subnet>();
        while (SubnetChooser.Choose(SubnetChooser.DefaultPools, v6: false, taken) is { } subnet)
        {
            taken.Add(subnet);
        }

        Assert.Equal(15 + 16, taken.Count);
    }

    [Fact]
    public void Random_hardware_addresses_are_local_and_no_groups()
    {
        for (var i = 0; i < 100; i++)
        {
            var mac = MacAddress.Random();
            Assert.Equal(2, mac[0] & 3);
            Assert.Equal(mac, MacAddress.Parse(MacAddress.Format(mac)));
        }

        Assert.Null(MacAddress.Parse("foo"));
        Assert.Null(MacAddress.Parse("02:00:00:00:00"));
        Assert.Null(MacAddress.Parse("02:00:00:00:00:0g"));
    }
}
