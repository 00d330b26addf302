using System.Text.Json.Nodes;
using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Networks that another process makes, and addresses that it gives.</summary>
public sealed class PluginNetworkTests
{
    [Fact]
    public async Task A_plugin_makes_the_network_and_the_interface()
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires") { Gateway = "10.5.0.1", Routes = [Route("192.0.2.0/24", 0, "10.5.0.9"), Route("198.18.0.0/15", 1, "")] };
        await using var engine = await Engine.StartAsync(machine);
        var network = await engine.Service.CreateAsync(Options("wires", "10.5.0.0/24") with { Options = new Dictionary<string, string> { ["colour"] = "red" } }, default);

        var created = plugin.Question("NetworkDriver.CreateNetwork");
        Assert.Equal(network.Id, (string?)created["NetworkID"]);
        Assert.Equal("""[{"AddressSpace":"LocalDefault","Pool":"10.5.0.0/24","Gateway":"10.5.0.1/24","AuxAddresses":{}}]""", created["IPv4Data"]!.ToJsonString());
        Assert.Equal("""{"colour":"red"}""", created["Options"]!["com.docker.network.generic"]!.ToJsonString());

        var ports = new PortRequest("tcp", 80, "", "8080");
        var id = await engine.RunAsync("one", "lan", new EndpointOptions { MacAddress = "02:00:00:00:00:77", DriverOpts = new Dictionary<string, string> { ["lane"] = "fast" } }, ports);
        var endpoint = engine.Endpoint(id);
        Assert.Equal(("10.5.0.2", 24, "10.5.0.1", "net0", "02:00:00:00:00:77"), (endpoint.IPAddress, endpoint.IPPrefixLen, endpoint.Gateway, endpoint.InterfaceName, endpoint.MacAddress));
        var asked = plugin.Question("NetworkDriver.CreateEndpoint");
        Assert.Equal("""{"Address":"10.5.0.2/24","AddressIPv6":"","MacAddress":"02:00:00:00:00:77"}""", asked["Interface"]!.ToJsonString());
        Assert.Equal("fast", (string?)asked["Options"]!["lane"]);
        Assert.Equal(engine.Service.FindSandbox(id)!.SandboxKey, (string?)plugin.Question("NetworkDriver.Join")["SandboxKey"]);
        Assert.Equal(8080, (int?)plugin.Question("NetworkDriver.ProgramExternalConnectivity")["Options"]!["com.docker.network.portmap"]![0]!["HostPort"]);

        using var inside = machine.In(engine.Space(id), () => NetlinkSocket.Open(NetlinkFamily.Route));
        var link = inside.FindLink("net0")!;
        Assert.True(link.Up);
        Assert.Equal([2, 0, 0, 0, 0, 0x77], link.Mac);
        var routes = inside.ListRoutes().Where(r => r.LinkIndex == link.Index).Select(r => $"{r.Destination}/{r.PrefixLength} {r.Gateway}".Trim()).ToList();
        Assert.Contains("0.0.0.0/0 10.5.0.1", routes);
        Assert.Contains("192.0.2.0/24 10.5.0.9", routes);
        Assert.Contains("198.18.0.0/15", routes);

        await engine.Service.DisconnectAsync(id, network.Id, default);
        Assert.Null(inside.FindLink("net0"));
        Assert.Equal(["RevokeExternalConnectivity", "Leave", "DeleteEndpoint"], plugin.Methods.TakeLast(3));
        await engine.Service.RemoveAsync(network.Id, default);
        Assert.Equal("DeleteNetwork", plugin.Methods.Last());
        Assert.Null(engine.Service.Find("lan"));
        Assert.Empty(machine.Warnings);
    }

    [Fact]
    public async Task A_container_that_ends_gives_the_interface_back()
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires");
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(Options("wires"), default);
        var id = await engine.RunAsync("one", "lan");
        plugin.Failure = ("NetworkDriver.DeleteEndpoint", "it stays");

        await engine.Service.ReleaseSandboxAsync(id, default);

        // The plugin's half of the pair was moved back under its own name, not destroyed with the namespace.
        Assert.Contains("pl1", machine.HostLinks());
        Assert.Contains(machine.Warnings, w => w.Contains("it stays", StringComparison.Ordinal));
        Assert.Empty(engine.Service.Endpoints(engine.Service.Find("lan")!.Id));
    }

    [Fact]
    public async Task A_plugin_may_decide_the_addresses()
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires")
        {
            Interface = new JsonObject { ["Address"] = "10.9.0.4/22", ["MacAddress"] = "02:00:00:00:00:99" },
        };
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(Options("wires") with { Ipam = new NetworkIpam { Driver = "null" } }, default);
        var created = plugin.Question("NetworkDriver.CreateNetwork");
        Assert.Equal("0.0.0.0/0", (string?)created["IPv4Data"]![0]!["Pool"]);

        var endpoint = engine.Endpoint(await engine.RunAsync("one", "lan"));
        Assert.Equal(("10.9.0.4", 22, "02:00:00:00:00:99"), (endpoint.IPAddress, endpoint.IPPrefixLen, endpoint.MacAddress));
    }

    [Fact]
    public async Task Addresses_come_from_the_plugin_that_is_named()
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires");
        var store = new MemoryStateStore();
        await using var engine = await Engine.StartAsync(machine, store);
        var network = await engine.Service.CreateAsync(
            Options("bridge") with { Ipam = new NetworkIpam { Driver = "wires", Options = new Dictionary<string, string> { ["zone"] = "b" } } }, default);
        Assert.Equal(("10.77.0.0/16", "10.77.0.1"), (network.Ipam.Configs[0].Subnet, network.Ipam.Configs[0].Gateway));
        Assert.Equal("""{"AddressSpace":"here","Pool":"","SubPool":"","V6":false,"Options":{"zone":"b"}}""", plugin.Question("IpamDriver.RequestPool").ToJsonString());
        Assert.Equal("com.docker.network.gateway", (string?)plugin.Question("IpamDriver.RequestAddress")["Options"]!["RequestAddressType"]);

        var one = await engine.RunAsync("one", "lan");
        var two = await engine.RunAsync("two", "lan");
        Assert.Equal(("10.77.0.2", "10.77.0.3"), (engine.Address(one), engine.Address(two)));
        Assert.Equal(engine.Endpoint(two).MacAddress, (string?)plugin.Question("IpamDriver.RequestAddress")["Options"]!["com.docker.network.endpoint.macaddress"]);
        using var serving = machine.Serve(engine.Space(one), 80, "one");
        Assert.Equal("one|10.77.0.3", await machine.AskTcpAsync(engine.Space(two), "10.77.0.2", 80));

        await engine.Service.ReleaseSandboxAsync(one, default);
        Assert.Equal("""{"PoolID":"the-pool","Address":"10.77.0.2"}""", plugin.Question("IpamDriver.ReleaseAddress").ToJsonString());
        await engine.Service.ReleaseSandboxAsync(two, default);
        await engine.Service.RemoveAsync(network.Id, default);
        Assert.Equal(["ReleaseAddress", "ReleasePool"], plugin.Methods.TakeLast(2));
    }

    [Theory]
    [InlineData("NetworkDriver.CreateNetwork", "no more networks")]
    [InlineData("IpamDriver.RequestPool", "no pools")]
    [InlineData("IpamDriver.RequestAddress", "no gateways")]
    public async Task A_network_that_its_plugins_refuse_is_not_there(string method, string error)
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires") { Failure = (method, error) };
        await using var engine = await Engine.StartAsync(machine);

        var refused = await Assert.ThrowsAsync<GantryException>(
            () => engine.Service.CreateAsync(Options("wires") with { Ipam = new NetworkIpam { Driver = "wires" } }, default));

        Assert.Equal(error, refused.Message);
        Assert.Null(engine.Service.Find("lan"));
        Assert.Equal(plugin.Methods.Count(m => m == "RequestPool") - (method == "IpamDriver.RequestPool" ? 1 : 0), plugin.Methods.Count(m => m == "ReleasePool"));
    }

    [Theory]
    [InlineData("NetworkDriver.CreateEndpoint")]
    [InlineData("NetworkDriver.Join")]
    public async Task A_connection_that_its_plugin_refuses_leaves_nothing(string method)
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires") { Failure = (method, "not you") };
        await using var engine = await Engine.StartAsync(machine);
        var network = await engine.Service.CreateAsync(Options("wires"), default);

        Assert.Equal("not you", (await Assert.ThrowsAsync<GantryException>(() => engine.RunAsync("one", "lan"))).Message);

        Assert.Empty(engine.Service.Endpoints(network.Id));
        Assert.Equal(method == "NetworkDriver.Join" ? 1 : 0, plugin.Methods.Count(m => m == "DeleteEndpoint"));
        await engine.Service.RemoveAsync(network.Id, default);
    }

    [Fact]
    public async Task A_plugin_that_is_gone_keeps_nobody_from_removing()
    {
        await using var machine = new TestMachine();
        var store = new MemoryStateStore();
        var plugin = new NetworkPluginServer(machine, "wires");
        await using (var first = await Engine.StartAsync(machine, store))
        {
            await first.Service.CreateAsync(Options("wires"), default);
        }

        await plugin.DisposeAsync();
        File.Delete(Path.Combine(machine.PluginDirectory, "wires.sock"));
        await using var second = await Engine.StartAsync(machine, store);
        Assert.Equal("plugin \"wires\" not found", (await Assert.ThrowsAsync<GantryException>(() => second.RunAsync("one", "lan"))).Message);
        await second.Service.RemoveAsync(second.Service.Find("lan")!.Id, default);
        Assert.Null(second.Service.Find("lan"));
        Assert.Contains(machine.Warnings, w => w.Contains("plugin \"wires\" not found", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_start_it_is_asked_again_for_what_it_gave_if_it_wants_that(bool wantsReplay)
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires") { WantsReplay = wantsReplay };
        var store = new MemoryStateStore();
        string one, mac;
        await using (var first = await Engine.StartAsync(machine, store))
        {
            var ipam = new NetworkIpam { Driver = "wires", Options = new Dictionary<string, string> { ["zone"] = "b" } };
            await first.Service.CreateAsync(Options("bridge") with { Ipam = ipam }, default);
            one = await first.RunAsync("one", "lan");
            mac = first.Endpoint(one).MacAddress;
        }

        plugin.Asked.Clear();

        await using var second = await Engine.StartAsync(machine, store, live: new SandboxRestore { ContainerId = one, Pid = 0 });
        await second.RunAsync("two", "lan");

        string[] replay =
        [
            """IpamDriver.RequestPool {"AddressSpace":"here","Pool":"10.77.0.0/16","SubPool":"","V6":false,"Options":{"zone":"b"}}""",
            """IpamDriver.RequestAddress {"PoolID":"the-pool","Address":"10.77.0.1","Options":{"RequestAddressType":"com.docker.network.gateway"}}""",
            $$$"""IpamDriver.RequestAddress {"PoolID":"the-pool","Address":"10.77.0.2","Options":{"com.docker.network.endpoint.macaddress":"{{{mac}}}"}}""",
        ];
        var asked = plugin.Asked.Where(a => a.StartsWith("IpamDriver.Request", StringComparison.Ordinal)).ToList();
        Assert.Equal(wantsReplay ? replay : [], asked[..^1]);
        Assert.Contains("\"Address\":\"\"", asked[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_refuses_then_is_in_the_log()
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires") { WantsReplay = true };
        var store = new MemoryStateStore();
        await using (var first = await Engine.StartAsync(machine, store))
        {
            await first.Service.CreateAsync(Options("bridge") with { Ipam = new NetworkIpam { Driver = "wires" } }, default);
        }

        plugin.Failure = ("IpamDriver.RequestPool", "taken");
        await using var second = await Engine.StartAsync(machine, store);
        var one = await second.RunAsync("one", "lan");

        Assert.Equal("10.77.0.2", second.Address(one));
        Assert.Contains("ipam driver wires: pool 10.77.0.0/16, given earlier: taken", machine.Warnings);
    }

    [Fact]
    public async Task Only_a_plugin_of_the_right_kind_will_do()
    {
        await using var machine = new TestMachine();
        await using var plugin = new NetworkPluginServer(machine, "wires") { Kinds = ["VolumeDriver"] };
        await using var engine = await Engine.StartAsync(machine);

        var refused = await Assert.ThrowsAsync<GantryException>(() => engine.Service.CreateAsync(Options("wires"), default));
        Assert.Equal("Plugin does not implement the requested driver: plugin=\"wires\", requested implementation=\"NetworkDriver\"", refused.Message);
        Assert.Equal("plugin \"other\" not found", (await Assert.ThrowsAsync<GantryException>(() => engine.Service.CreateAsync(Options("other"), default))).Message);
    }

    private static NetworkCreateOptions Options(string driver, string? subnet = null) => new()
    {
        Name = "lan",
        Driver = driver,
        Ipam = new NetworkIpam { Configs = subnet is null ? [] : [new NetworkIpamConfig { Subnet = subnet }] },
    };

    private static JsonObject Route(string destination, int type, string hop) => new() { ["Destination"] = destination, ["RouteType"] = type, ["NextHop"] = hop };
}
