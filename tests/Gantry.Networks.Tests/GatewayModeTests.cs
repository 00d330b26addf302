using System.Net;
using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Who reaches containers at their own addresses, and with whose address they leave.</summary>
public sealed class GatewayModeTests
{
    private const string Mode4 = "com.docker.network.bridge.gateway_mode_ipv4";
    private const string Mode6 = "com.docker.network.bridge.gateway_mode_ipv6";

    [Fact]
    public async Task On_a_routed_network_published_ports_are_open_at_the_containers_address_and_nowhere_else()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await Create(engine, (Mode4, "routed"));
        var server = await engine.RunAsync("server", "net", ports: new PortRequest("tcp", 80, "", "5000"));
        machine.RouteOutside(engine.Address(server));
        using var published = machine.Serve(engine.Space(server), 80, "server");
        using var hidden = machine.Serve(engine.Space(server), 81, "hidden");

        Assert.Equal([new PublishedPort("tcp", 80, "0.0.0.0", 0), new PublishedPort("tcp", 80, "::", 5000)], engine.Service.FindSandbox(server)!.Ports);
        Assert.Equal($"server|{TestMachine.OutsideAddress}", await machine.AskTcpAsync(machine.Outside, engine.Address(server), 80));
        Assert.Null(await machine.AskTcpAsync(machine.Outside, engine.Address(server), 81, expectNone: true));
        Assert.Null(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000, expectNone: true));
    }

    [Fact]
    public async Task Ports_are_shown_IPv4_first_whichever_family_is_routed()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var options = new Dictionary<string, string> { [Mode6] = "routed" };
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", EnableIPv6 = true, Options = options }, default);
        var id = await engine.RunAsync("server", "net", ports: new PortRequest("tcp", 80, "", "5000"));

        Assert.Equal([new PublishedPort("tcp", 80, "0.0.0.0", 5000), new PublishedPort("tcp", 80, "::", 0)], engine.Service.FindSandbox(id)!.Ports);
    }

    [Fact]
    public async Task On_a_routed_network_containers_leave_with_their_own_address()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await Create(engine, (Mode4, "routed"));
        var client = await engine.RunAsync("client", "net");
        machine.RouteOutside(engine.Address(client));
        using var outside = machine.Serve(machine.Outside, 80, "outside");

        Assert.Equal($"outside|{engine.Address(client)}", await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 80));
    }

    [Fact]
    public async Task An_unprotected_network_is_open_to_whoever_has_a_route()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await Create(engine, (Mode4, "nat-unprotected"));
        var server = await engine.RunAsync("server", "net");
        machine.RouteOutside(engine.Address(server));
        using var serving = machine.Serve(engine.Space(server), 80, "server");
        using var outside = machine.Serve(machine.Outside, 80, "outside");

        Assert.Equal($"server|{TestMachine.OutsideAddress}", await machine.AskTcpAsync(machine.Outside, engine.Address(server), 80));
        Assert.Equal($"outside|{TestMachine.HostAddress}", await machine.AskTcpAsync(engine.Space(server), TestMachine.OutsideAddress, 80));
    }

    [Fact]
    public async Task The_host_is_not_on_an_isolated_network()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var failure = await Assert.ThrowsAsync<GantryException>(() => Create(engine, (Mode4, "isolated")));
        Assert.Equal("gateway mode 'isolated' can only be used for an internal network", failure.Message);

        var options = new Dictionary<string, string> { [Mode4] = "isolated", [Mode6] = "isolated" };
        var ipam = new NetworkIpam { Configs = [new NetworkIpamConfig { Subnet = "10.9.0.0/31" }] };
        var network = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", Internal = true, EnableIPv6 = true, Ipam = ipam, Options = options }, default);
        var one = await engine.RunAsync("one", "net");
        var two = await engine.RunAsync("two", "net");
        using var serving = machine.Serve(engine.Space(one), 80, "one");

        var bridge = machine.Route.FindLink(network.BridgeName)!.Index;
        Assert.DoesNotContain(machine.Route.ListAddresses(), a => a.LinkIndex == bridge && !a.Address.IsIPv6LinkLocal);
        Assert.Equal(["10.9.0.0", "10.9.0.1"], [engine.Address(one), engine.Address(two)]);
        Assert.Equal("one|10.9.0.1", await machine.AskTcpAsync(engine.Space(two), "10.9.0.0", 80));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Published_ports_are_open_to_a_trusted_interface(bool trusted)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await Create(engine, ("com.docker.network.bridge.trusted_host_interfaces", trusted ? "lo:up0" : "lo"));
        var server = await engine.RunAsync("server", "net", ports: new PortRequest("tcp", 80, "", "5000"));
        machine.RouteOutside(engine.Address(server));
        using var published = machine.Serve(engine.Space(server), 80, "server");
        using var hidden = machine.Serve(engine.Space(server), 81, "hidden");

        var answer = await machine.AskTcpAsync(machine.Outside, engine.Address(server), 80, expectNone: !trusted);
        Assert.Equal(trusted ? $"server|{TestMachine.OutsideAddress}" : null, answer);
        Assert.Null(await machine.AskTcpAsync(machine.Outside, engine.Address(server), 81, expectNone: true));
    }

    [Fact]
    public async Task With_direct_routing_published_ports_are_open_at_the_containers_address()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { AllowDirectRouting = true });
        var server = await engine.RunAsync("server", ports: new PortRequest("tcp", 80, "", "5000"));
        machine.RouteOutside(engine.Address(server));
        using var serving = machine.Serve(engine.Space(server), 80, "server");

        Assert.NotNull(await machine.AskTcpAsync(machine.Outside, engine.Address(server), 80));
        await engine.Service.ReleaseSandboxAsync(server, default);
        var next = await engine.RunAsync("next", endpoint: null);
        Assert.Empty(engine.Service.FindSandbox(next)!.Ports);
    }

    [Fact]
    public async Task Containers_leave_with_the_address_that_the_network_names()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        const string Source = "198.51.100.77";
        var batch = new NetlinkBatch();
        batch.AddAddress(machine.Route.FindLink("up0")!.Index, IPAddress.Parse(Source), 24);
        machine.Route.Execute(batch);
        await Create(engine, ("com.docker.network.host_ipv4", Source));
        var client = await engine.RunAsync("client", "net");
        using var outside = machine.Serve(machine.Outside, 80, "outside");

        Assert.Equal($"outside|{Source}", await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 80));
    }

    [Fact]
    public async Task Each_family_can_have_a_gateway_of_its_own()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { UserlandProxy = false });
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "four" }, default);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "six", EnableIPv4 = false, EnableIPv6 = true }, default);
        var id = await engine.RunAsync("server", "four", ports: new PortRequest("tcp", 80, "", "5000"));
        Assert.Equal([new PublishedPort("tcp", 80, "0.0.0.0", 5000)], engine.Service.FindSandbox(id)!.Ports);

        await engine.Service.ConnectAsync(id, engine.Service.Find("six")!.Id, new EndpointOptions(), default);
        Assert.Equal([new PublishedPort("tcp", 80, "0.0.0.0", 5000), new PublishedPort("tcp", 80, "::", 5000)], engine.Service.FindSandbox(id)!.Ports);
        using var route = machine.In(engine.Space(id), () => NetlinkSocket.Open(NetlinkFamily.Route));
        Assert.Equal(2, route.ListRoutes().Count(r => r.PrefixLength == 0 && r.Gateway is not null));

        await engine.Service.DisconnectAsync(id, engine.Service.Find("six")!.Id, default);
        Assert.Equal([new PublishedPort("tcp", 80, "0.0.0.0", 5000)], engine.Service.FindSandbox(id)!.Ports);
    }

    [Fact]
    public async Task Requests_that_differ_in_the_host_address_get_the_same_port()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var id = await engine.RunAsync("server", "bridge", null, new PortRequest("tcp", 80, TestMachine.HostAddress, ""), new PortRequest("tcp", 80, "127.0.0.1", ""));

        Assert.Single(engine.Service.FindSandbox(id)!.Ports.Select(p => p.HostPort).Distinct());
        Assert.Equal(["127.0.0.1", TestMachine.HostAddress], engine.Service.FindSandbox(id)!.Ports.Select(p => p.HostIp).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Mode4, "bridged", "failed to parse com.docker.network.bridge.gateway_mode_ipv4 value: bridged (unknown gateway mode bridged)")]
    [InlineData("com.docker.network.host_ipv6", "x", "failed to parse com.docker.network.host_ipv6 value: x (nil ip)")]
    [InlineData("com.docker.network.driver.mtu", "-1", "invalid MTU number: -1")]
    public async Task Options_that_are_wrong_are_refused(string key, string value, string message)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);

        Assert.Equal(message, (await Assert.ThrowsAsync<GantryException>(() => Create(engine, (key, value)))).Message);
    }

    private static Task<NetworkRecord> Create(Engine engine, (string Key, string Value) option) =>
        engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", Options = new Dictionary<string, string> { [option.Key] = option.Value } }, default);
}
