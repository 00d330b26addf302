using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>What the daemon's flags do to the default bridge and to networks that say nothing themselves.</summary>
public sealed class DefaultBridgeTests
{
    [Fact]
    public async Task The_bridge_has_the_address_range_and_gateway_of_the_flags()
    {
        await using var machine = new TestMachine();
        var options = new DefaultBridgeOptions { Address = "10.7.0.1/16", FixedCidr = "10.7.3.0/24", Gateway = "10.7.0.9", EnableIPv6 = true, FixedCidrV6 = "fd00:7::/64", Mtu = 1400 };
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { DefaultBridge = options });
        var id = await engine.RunAsync("one");

        var endpoint = engine.Endpoint(id);
        Assert.Equal(("10.7.3.0", 16, "10.7.0.9"), (endpoint.IPAddress, endpoint.IPPrefixLen, endpoint.Gateway));
        Assert.Equal(("fd00:7::2", "fd00:7::1"), (endpoint.GlobalIPv6Address, endpoint.IPv6Gateway));
        Assert.Equal("10.7.0.0/16", engine.Service.Find("bridge")!.Ipam.Configs[0].Subnet);
        using var route = machine.In(engine.Space(id), () => NetlinkSocket.Open(NetlinkFamily.Route));
        Assert.Equal(1400, route.FindLink("eth0")!.Mtu);
    }

    [Fact]
    public async Task Other_flags_make_another_bridge_and_the_same_ones_keep_it()
    {
        await using var machine = new TestMachine();
        var store = new MemoryStateStore();
        var options = machine.Options() with { DefaultBridge = new DefaultBridgeOptions { Address = "10.7.0.1/16" } };
        Assert.Equal("10.7.0.0/16", await Start(options));
        var before = machine.HostLinks().Count;
        Assert.Equal("10.7.0.0/16", await Start(options));
        Assert.Equal("10.8.0.0/16", await Start(options with { DefaultBridge = new DefaultBridgeOptions { Address = "10.8.0.1/16", Intercom = false } }));
        Assert.Equal(before, machine.HostLinks().Count);

        async Task<string> Start(NetworkServiceOptions flags)
        {
            await using var engine = await Engine.StartAsync(machine, store, flags);
            return engine.Service.Find("bridge")!.Ipam.Configs[0].Subnet;
        }
    }

    [Fact]
    public async Task There_can_be_no_default_bridge()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { DefaultBridge = new DefaultBridgeOptions { Bridge = DefaultBridgeOptions.NoBridge } });

        Assert.Null(engine.Service.Find("bridge"));
        Assert.DoesNotContain(machine.Route.ListLinks(), l => l.Kind == "bridge");
    }

    [Fact]
    public async Task A_bridge_of_somebody_elses_is_used_with_its_address_and_left_there()
    {
        await using var machine = new TestMachine();
        var flags = machine.Options() with { DefaultBridge = new DefaultBridgeOptions { Bridge = "br9" } };
        var failure = await Assert.ThrowsAsync<GantryException>(() => Engine.StartAsync(machine, options: flags));
        Assert.Equal("bridge device with non default name br9 must be created manually", failure.Message);

        var batch = new NetlinkBatch();
        batch.AddBridge("br9", [2, 0, 0, 0, 0, 9], 0);
        machine.Route.Execute(batch);
        batch = new NetlinkBatch();
        batch.AddAddress(machine.Route.FindLink("br9")!.Index, System.Net.IPAddress.Parse("10.9.0.5"), 24);
        machine.Route.Execute(batch);
        await using (var engine = await Engine.StartAsync(machine, options: flags))
        {
            var id = await engine.RunAsync("one");
            Assert.Equal(("10.9.0.1", "10.9.0.5"), (engine.Address(id), engine.Endpoint(id).Gateway));
            await engine.Service.ReleaseSandboxAsync(id, default);
            await engine.Service.TearDownAsync(default);
        }

        Assert.Contains("br9", machine.HostLinks());
    }

    /// <summary>Which of a bridge's addresses its network is made of, and what becomes of a range that none of them holds.</summary>
    [Theory]
    [InlineData("10.9.0.5/24,10.10.0.5/16", "10.10.7.0/24", "10.10.0.0/16", "10.10.7.0/24", "10.10.0.5", "10.10.7.0")]
    [InlineData("10.9.0.5/24,10.10.7.9/32", "10.10.7.0/24", "10.10.7.9/32", "", "10.10.7.9", "")]
    [InlineData("10.9.0.5/24", "10.11.0.0/24", "10.9.0.0/24", "", "10.9.0.5", "10.9.0.1")]
    [InlineData("fd00:9::5/64", "fd00:9::/80", "fd00:9::/64", "fd00:9::/80", "fd00:9::5", "fd00:9::1")]
    [InlineData("fe80:1234::5/64,fd00:9::5/64", "fe80:1234::/80", "fe80:1234::/64", "fe80:1234::/80", "fe80:1234::5", "fe80:1234::1")]
    [InlineData("fe80::5/64", "fe80::/80", "fe80::/64", "fe80::/80", "fe80::5", "fe80::1")]
    [InlineData("fe80::5/64", "", null, "", null, null)]
    public async Task The_address_of_somebody_elses_bridge_is_chosen_as_docker_does(
        string addresses, string range, string? subnet, string ownRange, string? gateway, string? first)
    {
        await using var machine = new TestMachine();
        var v6 = addresses.Contains(':', StringComparison.Ordinal);
        var batch = new NetlinkBatch();
        batch.AddBridge("br9", [2, 0, 0, 0, 0, 9], 0);
        machine.Route.Execute(batch);
        batch = new NetlinkBatch();
        foreach (var parts in addresses.Split(',').Select(a => a.Split('/')))
        {
            batch.AddAddress(machine.Route.FindLink("br9")!.Index, System.Net.IPAddress.Parse(parts[0]), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        }

        machine.Route.Execute(batch);
        var bridge = new DefaultBridgeOptions { Bridge = "br9", EnableIPv6 = v6, FixedCidr = v6 ? "" : range, FixedCidrV6 = v6 ? range : "" };
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { DefaultBridge = bridge });

        var config = engine.Service.Find("bridge")!.Ipam.Configs.Single(c => c.Subnet.Contains(':', StringComparison.Ordinal) == v6);
        if (subnet is null)
        {
            // An address from the kernel's own prefix says nothing: the subnet is one that we chose.
            Assert.StartsWith("fd", config.Subnet, StringComparison.Ordinal);
            return;
        }

        Assert.Equal((subnet, ownRange, gateway), (config.Subnet, config.IPRange, config.Gateway));
        if (first!.Length > 0)
        {
            var endpoint = engine.Endpoint(await engine.RunAsync("one"));
            Assert.Equal(first, v6 ? endpoint.GlobalIPv6Address : endpoint.IPAddress);
        }
    }

    [Fact]
    public async Task A_range_outside_of_somebody_elses_bridge_is_refused_for_IPv6()
    {
        await using var machine = new TestMachine();
        var batch = new NetlinkBatch();
        batch.AddBridge("br9", [2, 0, 0, 0, 0, 9], 0);
        machine.Route.Execute(batch);
        batch = new NetlinkBatch();
        batch.AddAddress(machine.Route.FindLink("br9")!.Index, System.Net.IPAddress.Parse("fd00:9::5"), 64);
        machine.Route.Execute(batch);

        var bridge = new DefaultBridgeOptions { Bridge = "br9", EnableIPv6 = true, FixedCidrV6 = "fd00:8::/80" };
        var failure = await Assert.ThrowsAsync<GantryException>(() => Engine.StartAsync(machine, options: machine.Options() with { DefaultBridge = bridge }));
        Assert.Equal("fixed-cidr-v6=fd00:8::/80 is outside any subnet implied by addresses on the user-managed default bridge", failure.Message);
    }

    [Fact]
    public async Task Networks_take_what_they_do_not_say_from_the_daemons_defaults()
    {
        await using var machine = new TestMachine();
        var defaults = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["bridge"] = new Dictionary<string, string> { ["com.docker.network.driver.mtu"] = "1400", ["com.docker.network.enable_ipv6"] = "true" },
        };
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { DefaultNetworkOptions = defaults });
        var silent = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "silent" }, default);
        var own = new Dictionary<string, string> { ["com.docker.network.driver.mtu"] = "1300" };
        var outspoken = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "outspoken", EnableIPv6 = false, Options = own }, default);

        Assert.Equal((true, "1400", "true"), (silent.EnableIPv6, silent.Options["com.docker.network.driver.mtu"], silent.Options["com.docker.network.enable_ipv6"]));
        Assert.Equal((false, 1), (outspoken.EnableIPv6, outspoken.Options.Count));
        Assert.Equal(1400, machine.Route.FindLink(silent.BridgeName)!.Mtu);
        Assert.Equal(1300, machine.Route.FindLink(outspoken.BridgeName)!.Mtu);
    }

    [Fact]
    public async Task Without_firewall_there_are_no_rules_and_ports_are_relayed()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { Firewall = false });
        var id = await engine.RunAsync("server", ports: new PortRequest("tcp", 80, "", "5000"));
        using var serving = machine.Serve(engine.Space(id), 80, "server");

        Assert.DoesNotContain("gantry_test", machine.Ruleset(), StringComparison.Ordinal);
        Assert.NotNull(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
    }

    [Fact]
    public async Task Forwarding_is_left_alone_where_that_is_asked_for()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { Forwarding = false });

        Assert.Equal("0", machine.Sysctl("ipv4/ip_forward"));
    }

    [Fact]
    public async Task An_endpoint_can_name_its_interface_and_set_its_sysctls()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var options = new Dictionary<string, string>
        {
            ["com.docker.network.endpoint.ifname"] = "lan0",
            ["com.docker.network.endpoint.sysctls"] = "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.ifname.forwarding=0",
        };
        var id = await engine.RunAsync("one", endpoint: new EndpointOptions { DriverOpts = options });

        Assert.Equal("lan0", engine.Endpoint(id).InterfaceName);
        Assert.Equal("1", machine.In(engine.Space(id), () => File.ReadAllText("/proc/sys/net/ipv4/conf/lan0/log_martians").Trim()));
        Assert.Equal("0", machine.In(engine.Space(id), () => File.ReadAllText("/proc/sys/net/ipv4/conf/lan0/forwarding").Trim()));
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward=1", "invalid endpoint settings:\nunrecognised network interface sysctl 'net.ipv4.ip_forward=1'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'")]
    [InlineData("net.ipv4.conf.IFNAME.nosuch=1", "/proc/sys/net/ipv4/conf/eth0/nosuch is not a sysctl file")]
    [InlineData("net.ipv4.conf.IFNAME.../../ip_forward=1", "/proc/sys/net/ipv4/conf/eth0/../../ip_forward is not a sysctl file")]
    public async Task Sysctls_that_are_not_the_interfaces_own_are_refused(string sysctl, string message)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var endpoint = new EndpointOptions { DriverOpts = new Dictionary<string, string> { ["com.docker.network.endpoint.sysctls"] = sysctl } };

        Assert.Equal(message, (await Assert.ThrowsAsync<GantryException>(() => engine.RunAsync("one", endpoint: endpoint))).Message);
    }

    [Fact]
    public async Task A_container_without_IPv6_gets_none_on_any_network()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "dual", EnableIPv6 = true }, default);
        await engine.Service.CreateSandboxAsync(new SandboxOptions { ContainerId = "c1", ContainerName = "one", DisableIPv6 = true }, default);
        var endpoint = await engine.Service.ConnectAsync("c1", engine.Service.Find("dual")!.Id, new EndpointOptions(), default);

        Assert.Equal("", endpoint.GlobalIPv6Address);
        Assert.DoesNotContain("::", engine.Service.DescribeFiles("c1").Hosts, StringComparison.Ordinal);
    }
}
