using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>macvlan and ipvlan networks, on the cable of the test machine. What the kernel lacks is told, and the tests say what they then see.</summary>
public sealed class ParentNetworkTests
{
    private const string Subnet = "198.51.100.0/24";

    [Fact]
    public async Task Containers_of_a_macvlan_network_are_on_the_wire_of_their_parent()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await Create(engine, "macvlan", ("parent", "up0"));
        var one = await engine.RunAsync("one", "lan", new EndpointOptions { IPv4Address = "198.51.100.50", MacAddress = "02:00:00:00:00:50" });
        var two = await engine.RunAsync("two", "lan");
        using var serving = machine.Serve(engine.Space(one), 80, "one");
        using var outside = machine.Serve(machine.Outside, 80, "outside");

        Assert.Equal("02:00:00:00:00:50", engine.Endpoint(one).MacAddress);
        Assert.Equal(TestMachine.OutsideAddress, engine.Endpoint(one).Gateway);
        Assert.Equal("outside|198.51.100.50", await machine.AskTcpAsync(engine.Space(one), TestMachine.OutsideAddress, 80));
        Assert.Equal($"one|{engine.Address(two)}", await machine.AskTcpAsync(engine.Space(two), "198.51.100.50", 80));
        Assert.Equal($"one|{TestMachine.OutsideAddress}", await machine.AskTcpAsync(machine.Outside, "198.51.100.50", 80));
        Assert.Equal(["one"], (await machine.ResolveAsync(engine.Space(two), "one")).Answers.Select(_ => "one"));
    }

    [Fact]
    public async Task A_container_that_leaves_loses_the_interface()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var network = await Create(engine, "macvlan", ("parent", "up0"));
        var id = await engine.RunAsync("one", "lan");
        using var route = machine.In(engine.Space(id), () => NetlinkSocket.Open(NetlinkFamily.Route));
        Assert.Equal("macvlan", route.FindLink("eth0")!.Kind);

        await engine.Service.DisconnectAsync(id, network.Id, default);
        Assert.Null(route.FindLink("eth0"));
        await engine.Service.RemoveAsync(network.Id, default);
        Assert.Contains("up0", machine.HostLinks());
    }

    [Fact]
    public async Task A_restarted_engine_goes_on_with_the_interface_that_is_there()
    {
        await using var machine = new TestMachine();
        var store = new MemoryStateStore();
        var first = await Engine.StartAsync(machine, store);
        await Create(first, "macvlan", ("parent", "up0"));
        var id = await first.RunAsync("one", "lan");
        var space = first.Space(id);
        using var route = machine.In(space, () => NetlinkSocket.Open(NetlinkFamily.Route));
        var index = route.FindLink("eth0")!.Index;
        await first.Service.DisposeAsync();

        await using var second = await Engine.StartAsync(machine, store, null, new SandboxRestore { ContainerId = id });
        Assert.Equal(index, route.FindLink("eth0")!.Index);
        Assert.Equal("lan", second.Endpoint(id).NetworkName);
        using var outside = machine.Serve(machine.Outside, 80, "outside");
        Assert.NotNull(await machine.AskTcpAsync(second.Space(id), TestMachine.OutsideAddress, 80));
        first.EndProcesses();
    }

    [Fact]
    public async Task A_network_can_have_several_subnets_of_a_family()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var ipam = new NetworkIpam { Configs = [new NetworkIpamConfig { Subnet = "10.1.0.0/24" }, new NetworkIpamConfig { Subnet = "10.2.0.0/24", Gateway = "10.2.0.254" }] };
        await engine.Service.CreateAsync(Request("macvlan", ("parent", "up0")) with { Ipam = ipam }, default);

        Assert.Equal(("10.1.0.2", "10.1.0.1"), AddressOf(await engine.RunAsync("one", "lan")));
        Assert.Equal(("10.2.0.9", "10.2.0.254"), AddressOf(await engine.RunAsync("two", "lan", new EndpointOptions { IPv4Address = "10.2.0.9" })));

        (string, string) AddressOf(string id) => (engine.Address(id), engine.Endpoint(id).Gateway);
    }

    [Fact]
    public async Task Without_addresses_the_interface_is_all_there_is()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(Request("macvlan", ("parent", "up0")) with { EnableIPv4 = false, Ipam = new NetworkIpam() }, default);
        var id = await engine.RunAsync("one", "lan");

        Assert.Equal(("", "", "eth0"), (engine.Address(id), engine.Endpoint(id).Gateway, engine.Endpoint(id).InterfaceName));
    }

    [Fact]
    public async Task A_parent_that_is_called_as_ours_would_be_is_the_users()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var batch = new NetlinkBatch();
        batch.AddBridge("dm-mine", [2, 0, 0, 0, 0, 9], 0);
        machine.Route.Execute(batch);
        var network = await Create(engine, "macvlan", ("parent", "dm-mine"));

        // It leads out: there is a gateway, and other than a stand-in for a missing parent it stays.
        Assert.Equal(TestMachine.OutsideAddress, engine.Endpoint(await engine.RunAsync("one", "lan")).Gateway);
        await engine.Service.ReleaseSandboxAsync(engine.Service.Endpoints(network.Id).Single().ContainerId, default);
        await engine.Service.RemoveAsync(network.Id, default);
        Assert.Contains("dm-mine", machine.HostLinks());
    }

    [Theory]
    [InlineData("macvlan", "parent", "dm-nosuch.1", "-o parent interface was not found on the host: dm-nosuch")]
    [InlineData("macvlan", "macvlan_mode", "l2", "requested macvlan mode 'l2' is not valid, 'bridge' mode is the macvlan driver default")]
    [InlineData("ipvlan", "ipvlan_mode", "l4", "requested ipvlan mode 'l4' is not valid, 'l2' mode is the ipvlan driver default")]
    [InlineData("ipvlan", "ipvlan_flag", "x", "requested ipvlan flag 'x' is not valid, 'bridge' is the ipvlan driver default")]
    [InlineData("macvlan", "parent", "lo", "loopback interface is not a valid macvlan parent link")]
    [InlineData("macvlan", "parent", "nosuch", "invalid subinterface vlan name nosuch, example formatting is eth0.10")]
    [InlineData("macvlan", "parent", "nosuch.1", "-o parent interface was not found on the host: nosuch")]
    [InlineData("macvlan", "parent", "up0.x", "unable to parse a valid vlan id from: x (ex. eth0.10 for vlan 10)")]
    [InlineData("macvlan", "parent", "up0.4095", "vlan id must be between 1-4094, received: 4095")]
    public async Task Options_that_are_wrong_are_refused_and_leave_nothing(string driver, string key, string value, string message)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);

        Assert.Equal(message, (await Assert.ThrowsAsync<GantryException>(() => Create(engine, driver, (key, value)))).Message);
        Assert.Null(engine.Service.Find("lan"));
    }

    [Fact]
    public async Task A_parent_in_passthru_mode_is_not_shared()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var first = await engine.Service.CreateAsync(Request("macvlan", ("parent", "up0")), default);
        var passthru = Request("macvlan", ("parent", "up0"), ("macvlan_mode", "passthru")) with { Name = "other", Ipam = new NetworkIpam() };

        var failure = await Assert.ThrowsAsync<GantryException>(() => engine.Service.CreateAsync(passthru, default));
        Assert.Equal($"cannot use mode passthru, macvlan network {first.Id} is already using parent interface up0", failure.Message);
        await engine.Service.RemoveAsync(first.Id, default);
        var second = await engine.Service.CreateAsync(passthru, default);
        failure = await Assert.ThrowsAsync<GantryException>(() => engine.Service.CreateAsync(Request("macvlan", ("parent", "up0")), default));
        Assert.Equal($"macvlan network {second.Id} is already using parent interface up0 in mode passthru", failure.Message);
    }

    /// <summary>Where the kernel can't make the interface, the network isn't made either, and the error says what is missing.</summary>
    [Theory]
    [InlineData("up0.10", "vlan", "failed to create up0.10 vlan link: ")]
    [InlineData("", "dummy", "failed to create the macvlan parent link: ")]
    public async Task A_parent_that_is_made_for_a_network_goes_with_it(string parent, string kind, string error)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        if (!KernelHas(machine, kind))
        {
            var failure = await Assert.ThrowsAsync<GantryException>(() => Create(engine, "macvlan", ("parent", parent)));
            Assert.StartsWith(error, failure.Message, StringComparison.Ordinal);
            Assert.Null(engine.Service.Find("lan"));
            return;
        }

        var network = await Create(engine, "macvlan", ("parent", parent));
        var made = Assert.Single(machine.Route.ListLinks(), l => l.Kind == kind);
        Assert.True(made.Up);
        await engine.Service.RemoveAsync(network.Id, default);
        Assert.DoesNotContain(made.Name, machine.HostLinks());
    }

    [Theory]
    [InlineData("l2")]
    [InlineData("l3")]
    [InlineData("l3s")]
    public async Task Containers_of_an_ipvlan_network_share_the_address_of_the_card(string mode)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await Create(engine, "ipvlan", ("parent", "up0"), ("ipvlan_mode", mode));
        if (!KernelHas(machine, "ipvlan"))
        {
            var failure = await Assert.ThrowsAsync<GantryException>(() => engine.RunAsync("one", "lan"));
            Assert.StartsWith("failed to create the ipvlan port: ", failure.Message, StringComparison.Ordinal);
            return;
        }

        var id = await engine.RunAsync("one", "lan");
        using var outside = machine.Serve(machine.Outside, 80, "outside");
        Assert.Equal(mode == "l2" ? TestMachine.OutsideAddress : "", engine.Endpoint(id).Gateway);
        Assert.Equal($"outside|{engine.Address(id)}", await machine.AskTcpAsync(engine.Space(id), TestMachine.OutsideAddress, 80));
    }

    private static NetworkCreateOptions Request(string driver, params (string Key, string Value)[] options) => new()
    {
        Name = "lan",
        Driver = driver,
        Options = options.Where(o => o.Value.Length > 0).ToDictionary(o => o.Key, o => o.Value),
        Ipam = new NetworkIpam
        {
            Configs = [new NetworkIpamConfig { Subnet = Subnet, Gateway = TestMachine.OutsideAddress, AuxiliaryAddresses = new Dictionary<string, string> { ["host"] = TestMachine.HostAddress } }],
        },
    };

    private static Task<NetworkRecord> Create(Engine engine, string driver, params (string Key, string Value)[] options) =>
        engine.Service.CreateAsync(Request(driver, options), default);

    /// <summary>Whether the kernel knows a kind of device: asked of it without our code's errors.</summary>
    private static bool KernelHas(TestMachine machine, string kind) => machine.InHost(() =>
    {
        using var ip = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "nsenter", kind == "dummy"
                ? [$"--net={machine.HostPath}", "ip", "link", "add", "probe0", "type", kind]
                : [$"--net={machine.HostPath}", "ip", "link", "add", "link", "up0", "name", "probe0", "type", kind, .. kind == "vlan" ? ["id", "77"] : Array.Empty<string>()])
        { RedirectStandardError = true })!;
        ip.WaitForExit();
        if (ip.ExitCode == 0)
        {
            using var delete = System.Diagnostics.Process.Start("nsenter", [$"--net={machine.HostPath}", "ip", "link", "delete", "probe0"]);
            delete.WaitForExit();
        }

        return ip.ExitCode == 0;
    });
}
