using Gantry.Errors;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Networks as objects: made, found, inspected, refused and removed.</summary>
public sealed class NetworkTests
{
    [Fact]
    public async Task The_default_networks_are_there_and_stay()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);

        Assert.Equal(["bridge", "host", "none"], engine.Service.List().Select(n => n.Name).Order());
        var bridge = engine.Service.Find("bridge")!;
        Assert.Equal(("172.17.0.0/16", "172.17.0.1", "gantry0"), (bridge.Ipam.Configs[0].Subnet, bridge.Ipam.Configs[0].Gateway, bridge.BridgeName));
        Assert.Equal("null", engine.Service.Find("none")!.Driver);
        var failure = await Assert.ThrowsAsync<GantryException>(() => engine.Service.RemoveAsync(bridge.Id, default));
        Assert.Equal("bridge is a pre-defined network and cannot be removed", failure.Message);
        Assert.Equal("1", machine.Sysctl("ipv4/ip_forward"));
    }

    [Fact]
    public async Task Networks_are_found_by_name_id_and_prefix()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var network = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", Labels = new Dictionary<string, string> { ["a"] = "b" } }, default);

        Assert.Equal(network.Id, engine.Service.Find("net")!.Id);
        Assert.Equal(network.Id, engine.Service.Find(network.Id)!.Id);
        Assert.Equal(network.Id, engine.Service.Find(network.Id[..12])!.Id);
        Assert.Null(engine.Service.Find("nonesuch"));
        Assert.Null(engine.Service.Find(""));
        Assert.Equal(64, network.Id.Length);
        Assert.Contains(network.BridgeName, machine.HostLinks());
    }

    [Fact]
    public async Task Chosen_subnets_avoid_networks_and_the_hosts_routes()
    {
        await using var machine = new TestMachine();
        machine.RouteHost("172.18.5.0", 24);
        machine.RouteHost("172.20.0.0", 14);
        await using var engine = await Engine.StartAsync(machine);
        var subnets = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            subnets.Add((await engine.Service.CreateAsync(new NetworkCreateOptions { Name = $"net{i}" }, default)).Ipam.Configs[0].Subnet);
        }

        Assert.Equal(["172.19.0.0/16", "172.24.0.0/16", "172.25.0.0/16"], subnets);
    }

    [Fact]
    public async Task The_null_driver_gives_no_addresses()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var none = new NetworkIpam { Driver = "null" };

        await RefusedAsync(new NetworkCreateOptions { Name = "n", Ipam = none }, "ipv4 pool is empty");
        await RefusedAsync(new NetworkCreateOptions { Name = "n", Ipam = none, Driver = "macvlan" }, "ipv4 pool is empty");
        await RefusedAsync(new NetworkCreateOptions { Name = "n", Ipam = none, EnableIPv4 = false, EnableIPv6 = true }, "ipv6 pool is empty");
        await RefusedAsync(new NetworkCreateOptions { Name = "n", Ipam = none with { Configs = [new NetworkIpamConfig { Subnet = "10.9.8.0/24" }] } },
            "null ipam driver does not handle specific address pool requests");
        var configuration = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "c", Ipam = none, ConfigOnly = true }, default);
        Assert.Equal("null", configuration.Ipam.Driver);
        await RefusedAsync(new NetworkCreateOptions { Name = "n", ConfigFrom = "c" }, "ipv4 pool is empty");

        async Task RefusedAsync(NetworkCreateOptions options, string message) =>
            Assert.Equal(message, (await Assert.ThrowsAsync<GantryException>(() => engine.Service.CreateAsync(options, default))).Message);
    }

    [Theory]
    [InlineData("abc", "", "", "invalid subnet abc: invalid CIDR block notation")]
    [InlineData("10.77.5.5/24", "", "", "invalid subnet 10.77.5.5/24: it should be 10.77.5.0/24")]
    [InlineData("10.78.0.0/24", "10.79.0.1", "", "invalid gateway 10.79.0.1: parent subnet 10.78.0.0/24 doesn't contain this address")]
    [InlineData("10.78.0.0/24", "foo", "", "invalid gateway foo: invalid address")]
    [InlineData("10.78.0.0/24", "", "foo", "invalid ip-range foo: invalid CIDR block notation")]
    [InlineData("10.78.0.0/24", "", "10.78.0.5/25", "invalid ip-range 10.78.0.5/25: it should be 10.78.0.0/25")]
    [InlineData("10.78.0.0/24", "", "10.78.0.0/16", "invalid ip-range 10.78.0.0/16: CIDR block is bigger than its parent subnet 10.78.0.0/24")]
    [InlineData("10.78.0.0/24", "", "10.79.0.0/25", "invalid ip-range 10.79.0.0/25: parent subnet 10.78.0.0/24 doesn't contain ip-range")]
    [InlineData("", "10.78.0.1", "", "invalid subnet : invalid CIDR block notation")]
    public async Task Wrong_pools_are_refused_in_Dockers_words(string subnet, string gateway, string range, string message)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var failure = await Assert.ThrowsAsync<GantryException>(() => CreateAsync(engine, "net", new NetworkIpamConfig { Subnet = subnet, Gateway = gateway, IPRange = range }));

        Assert.Equal((ErrorKind.InvalidArgument, $"invalid network config:\n{message}"), (failure.Kind, failure.Message));
        Assert.Equal(3, engine.Service.List().Count);
    }

    [Fact]
    public async Task Other_refusals_are_in_Dockers_words_too()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await CreateAsync(engine, "net", new NetworkIpamConfig { Subnet = "10.78.0.0/24" });
        async Task<string> RefusalAsync(NetworkCreateOptions options) =>
            (await Assert.ThrowsAsync<GantryException>(() => engine.Service.CreateAsync(options, default))).Message;
        NetworkCreateOptions Options(string name, string driver = "", params (string Key, string Value)[] options) =>
            new() { Name = name, Driver = driver, Options = options.ToDictionary(o => o.Key, o => o.Value) };

        Assert.Equal("network with name net already exists", await RefusalAsync(Options("net")));
        Assert.Equal("operation is not permitted on predefined host network ", await RefusalAsync(Options("host")));
        Assert.Equal("plugin \"foo\" not found", await RefusalAsync(Options("x", "foo")));
        Assert.Equal("only one instance of \"host\" network is allowed", await RefusalAsync(Options("x", "host")));
        Assert.Equal(
            "failed to parse com.docker.network.driver.mtu value: abc (strconv.Atoi: parsing \"abc\": invalid syntax)",
            await RefusalAsync(Options("x", "", ("com.docker.network.driver.mtu", "abc"))));
        Assert.Equal(
            "invalid pool request: Pool overlaps with other one on this address space",
            await RefusalAsync(new NetworkCreateOptions { Name = "x", Ipam = Pool(new NetworkIpamConfig { Subnet = "10.78.0.128/25" }) }));
        Assert.Equal(
            "failed to allocate gateway (10.79.0.0): Address already in use",
            await RefusalAsync(new NetworkCreateOptions { Name = "x", Ipam = Pool(new NetworkIpamConfig { Subnet = "10.79.0.0/24", Gateway = "10.79.0.0" }) }));
        Assert.Contains(
            "networks have same bridge name",
            await RefusalAsync(Options("x", "", ("com.docker.network.bridge.name", "gantry0"))),
            StringComparison.Ordinal);
        Assert.DoesNotContain("10.79", machine.Ruleset(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_in_use_is_kept_and_an_unused_one_leaves_nothing()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var before = machine.HostLinks();
        var network = await CreateAsync(engine, "net", new NetworkIpamConfig { Subnet = "10.78.0.0/24" });
        var container = await engine.RunAsync("web", "net");

        var endpoint = engine.Service.Endpoints(network.Id).Single().EndpointId;
        var failure = await Assert.ThrowsAsync<GantryException>(() => engine.Service.RemoveAsync(network.Id, default));
        Assert.Equal($"error while removing network: network net has active endpoints (name:\"web\" id:\"{endpoint[..12]}\")", failure.Message);

        await engine.Service.DisconnectAsync(container, network.Id, default);
        await engine.Service.RemoveAsync(network.Id, default);
        Assert.Null(engine.Service.Find("net"));
        Assert.Equal(before, machine.HostLinks());
        Assert.DoesNotContain(network.BridgeName, machine.Ruleset(), StringComparison.Ordinal);
        await CreateAsync(engine, "net", new NetworkIpamConfig { Subnet = "10.78.0.0/24" });
    }

    [Fact]
    public async Task A_network_takes_its_settings_from_a_configuration_network()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var config = await engine.Service.CreateAsync(
            new NetworkCreateOptions { Name = "conf", ConfigOnly = true, Ipam = Pool(new NetworkIpamConfig { Subnet = "10.78.0.0/24" }) }, default);
        var network = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", ConfigFrom = "conf" }, default);

        Assert.Equal("10.78.0.0/24", network.Ipam.Configs[0].Subnet);
        var failure = await Assert.ThrowsAsync<GantryException>(() => engine.Service.RemoveAsync(config.Id, default));
        Assert.Equal("error while removing network: configuration network \"conf\" is in use", failure.Message);
        await Assert.ThrowsAsync<GantryException>(() => engine.RunAsync("web", "conf"));
    }

    private static NetworkIpam Pool(NetworkIpamConfig config) => new() { Configs = [config] };

    private static Task<NetworkRecord> CreateAsync(Engine engine, string name, NetworkIpamConfig config) =>
        engine.Service.CreateAsync(new NetworkCreateOptions { Name = name, Ipam = Pool(config) }, default);
}
