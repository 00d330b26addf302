using Gantry.Errors;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Containers on networks: addresses, ways in and out, and who is cut off from whom.</summary>
public sealed class EndpointTests
{
    [Fact]
    public async Task A_container_gets_out_with_the_hosts_address()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var client = await engine.RunAsync("client");
        using var server = machine.Serve(machine.Outside, 80, "outside");

        Assert.Equal($"outside|{TestMachine.HostAddress}", await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 80));
        Assert.Equal($"outside|{TestMachine.HostAddress}", await machine.AskUdpAsync(engine.Space(client), TestMachine.OutsideAddress, 80));
    }

    [Fact]
    public async Task Containers_of_one_network_talk_and_those_of_two_do_not()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "one" }, default);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "two" }, default);
        var server = await engine.RunAsync("server", "one");
        var friend = await engine.RunAsync("friend", "one");
        var stranger = await engine.RunAsync("stranger", "two");
        using var serving = machine.Serve(engine.Space(server), 80, "server");

        Assert.Equal($"server|{engine.Address(friend)}", await machine.AskTcpAsync(engine.Space(friend), engine.Address(server), 80));
        Assert.Null(await machine.AskTcpAsync(engine.Space(stranger), engine.Address(server), 80, expectNone: true));
    }

    [Fact]
    public async Task Without_intercom_containers_reach_the_outside_and_not_each_other()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var options = new Dictionary<string, string> { ["com.docker.network.bridge.enable_icc"] = "false" };
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", Options = options }, default);
        var server = await engine.RunAsync("server", "net");
        var client = await engine.RunAsync("client", "net");
        using var serving = machine.Serve(engine.Space(server), 80, "server");
        using var outside = machine.Serve(machine.Outside, 80, "outside");

        Assert.Null(await machine.AskTcpAsync(engine.Space(client), engine.Address(server), 80, expectNone: true));
        Assert.NotNull(await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 80));
        Assert.NotNull(await machine.AskTcpAsync(machine.Host, engine.Address(server), 80));
    }

    [Fact]
    public async Task Without_intercom_a_link_opens_the_ports_it_is_about()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var options = new Dictionary<string, string> { ["com.docker.network.bridge.enable_icc"] = "false" };
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", Options = options }, default);
        var server = await engine.RunAsync("server", "net");
        var client = await engine.RunAsync("client", "net");
        using var serving = machine.Serve(engine.Space(server), 80, "server");
        using var other = machine.Serve(engine.Space(server), 81, "other");
        using var back = machine.Serve(engine.Space(client), 80, "client");

        engine.Service.AllowLinks([new LinkAccess(client, server, [("tcp", 80)]), new LinkAccess(client, "nobody", [("tcp", 80)])]);

        Assert.Equal($"server|{engine.Address(client)}", await machine.AskTcpAsync(engine.Space(client), engine.Address(server), 80));
        Assert.Null(await machine.AskTcpAsync(engine.Space(client), engine.Address(server), 81, expectNone: true));
        Assert.Null(await machine.AskTcpAsync(engine.Space(server), engine.Address(client), 80, expectNone: true));

        engine.Service.AllowLinks([]);
        Assert.Null(await machine.AskTcpAsync(engine.Space(client), engine.Address(server), 80, expectNone: true));
    }

    [Fact]
    public async Task An_internal_network_has_no_way_in_or_out()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "inner", Internal = true }, default);
        var server = await engine.RunAsync("server", "inner", ports: new PortRequest("tcp", 80, "", "5000"));
        var client = await engine.RunAsync("client", "inner");
        using var serving = machine.Serve(engine.Space(server), 80, "server");
        using var outside = machine.Serve(machine.Outside, 80, "outside");

        Assert.Equal("", engine.Endpoint(server).Gateway);
        Assert.Empty(engine.Service.FindSandbox(server)!.Ports);
        Assert.NotNull(await machine.AskTcpAsync(engine.Space(client), engine.Address(server), 80));
        Assert.Null(await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 80, expectNone: true));
        Assert.Null(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000, expectNone: true));
    }

    [Fact]
    public async Task A_network_with_both_families_gives_both()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "dual", EnableIPv6 = true }, default);
        var server = await engine.RunAsync("server", "dual", ports: new PortRequest("tcp", 80, "", "5000"));
        var client = await engine.RunAsync("client", "dual");
        using var serving4 = machine.Serve(engine.Space(server), 80, "server");
        using var serving6 = machine.Serve(engine.Space(server), 80, "server6", System.Net.IPAddress.IPv6Any);
        using var outside = machine.Serve(machine.Outside, 80, "outside", System.Net.IPAddress.Parse(TestMachine.OutsideAddress6));
        var endpoint = engine.Endpoint(server);

        Assert.StartsWith("fd", endpoint.GlobalIPv6Address, StringComparison.Ordinal);
        Assert.Equal(64, endpoint.GlobalIPv6PrefixLen);
        Assert.Equal($"server6|{engine.Endpoint(client).GlobalIPv6Address}", await machine.AskTcpAsync(engine.Space(client), endpoint.GlobalIPv6Address, 80));
        Assert.Equal($"outside|{TestMachine.HostAddress6}", await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress6, 80));
        Assert.Equal($"server6|{TestMachine.OutsideAddress6}", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress6, 5000));
        Assert.StartsWith("server6|", await machine.AskTcpAsync(machine.Host, "::1", 5000), StringComparison.Ordinal);
        Assert.Equal([endpoint.GlobalIPv6Address], (await machine.ResolveAsync(engine.Space(client), "server", Dns.DnsType.Aaaa)).Answers);
    }

    [Fact]
    public async Task Asked_for_addresses_are_given_once_and_only_where_they_belong()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(
            new NetworkCreateOptions { Name = "net", Ipam = new NetworkIpam { Configs = [new NetworkIpamConfig { Subnet = "10.77.0.0/24" }] } }, default);
        var web = await engine.RunAsync("web", "net", new EndpointOptions { IPv4Address = "10.77.0.9", MacAddress = "02:00:00:00:00:77" });
        async Task<string> RefusalAsync(string network, string address) =>
            (await Assert.ThrowsAsync<GantryException>(() => engine.RunAsync("other", network, new EndpointOptions { IPv4Address = address }))).Message;

        Assert.Equal(("10.77.0.9", 24, "10.77.0.1", "02:00:00:00:00:77"), (engine.Address(web), engine.Endpoint(web).IPPrefixLen, engine.Endpoint(web).Gateway, engine.Endpoint(web).MacAddress));
        Assert.Equal("Address already in use", await RefusalAsync("net", "10.77.0.9"));
        Assert.Equal("Address already in use", await RefusalAsync("net", "10.77.0.1"));
        Assert.Equal("Address already in use", await RefusalAsync("net", "10.77.0.255"));
        Assert.Equal("invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.99.0.9", await RefusalAsync("net", "10.99.0.9"));
        Assert.Equal("invalid endpoint settings:\n* invalid IPv4 address: foo\n* no configured subnet or ip-range contain the IP address foo", await RefusalAsync("net", "foo"));
        Assert.Equal(
            "invalid endpoint settings:\n* user specified IP address is supported on user defined networks only\n* user specified IP address is supported only when connecting to networks with user configured subnets",
            await RefusalAsync("bridge", "172.17.0.9"));
    }

    [Fact]
    public async Task A_released_address_is_the_next_containers_even_while_the_last_ones_interface_is_there()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var first = await engine.RunAsync("first");
        var neighbour = await engine.RunAsync("neighbour");
        var address = engine.Address(first);
        var port = machine.HostLinks().First(l => l.StartsWith("veth", StringComparison.Ordinal));
        using var stray = SleepingProcess.Start(engine.Service.FindSandbox(first)!.SandboxKey);
        await engine.Service.ReleaseSandboxAsync(first, default);
        Assert.Contains("state disabled", machine.LinkDetails(port), StringComparison.Ordinal);

        var second = await engine.RunAsync("second");
        Assert.Equal(address, engine.Address(second));
        using var serving = machine.Serve(engine.Space(second), 80, "second");
        for (var i = 0; i < 5; i++)
        {
            Assert.StartsWith("second|", await machine.AskTcpAsync(engine.Space(neighbour), address, 80), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_default_gateway_and_the_ports_move_with_the_networks()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        foreach (var name in new[] { "beta", "alpha", "gamma" })
        {
            await engine.Service.CreateAsync(new NetworkCreateOptions { Name = name }, default);
        }

        var web = await engine.RunAsync("web", "beta", ports: new PortRequest("tcp", 80, "", "5000"));
        using var serving = machine.Serve(engine.Space(web), 80, "web");
        async Task<string> GatewayAsync()
        {
            Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
            Assert.StartsWith("web|", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress6, 5000), StringComparison.Ordinal);
            return engine.Service.FindSandbox(web)!.Endpoints.Single(e => e.Ports.Count > 0).NetworkName;
        }

        Assert.Equal("beta", await GatewayAsync());
        await engine.Service.ConnectAsync(web, engine.Service.Find("alpha")!.Id, new EndpointOptions(), default);
        Assert.Equal("alpha", await GatewayAsync());
        await engine.Service.ConnectAsync(web, engine.Service.Find("gamma")!.Id, new EndpointOptions { GwPriority = 5 }, default);
        Assert.Equal("gamma", await GatewayAsync());
        Assert.Equal(["eth0", "eth1", "eth2"], engine.Service.FindSandbox(web)!.Endpoints.Select(e => e.InterfaceName));
        await engine.Service.DisconnectAsync(web, engine.Service.Find("gamma")!.Id, default);
        await engine.Service.DisconnectAsync(web, engine.Service.Find("alpha")!.Id, default);
        Assert.Equal("beta", await GatewayAsync());
        await engine.Service.DisconnectAsync(web, engine.Service.Find("beta")!.Id, default);
        Assert.Null(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000, expectNone: true));
    }

    [Fact]
    public async Task Host_ports_keep_their_numbers_when_a_gateway_of_another_kind_takes_over()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine, options: machine.Options() with { UserlandProxy = false });
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "four" }, default);
        var dual = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "dual", EnableIPv6 = true }, default);

        // The first number of the range is free again by the time, and the ephemeral ones go on.
        var other = await engine.RunAsync("other", "four", ports: [new PortRequest("tcp", 80, "", ""), new PortRequest("tcp", 81, "", "5000-5010")]);
        var web = await engine.RunAsync("web", "four", ports: [new PortRequest("tcp", 80, "", ""), new PortRequest("tcp", 81, "", "5000-5010")]);
        List<(int, string, int)> Published() => [.. engine.Service.FindSandbox(web)!.Ports.Select(p => (p.ContainerPort, p.HostIp, p.HostPort))];
        var before = Published();
        Assert.All(before, p => Assert.Equal("0.0.0.0", p.Item2));
        await engine.Service.ReleaseSandboxAsync(other, default);

        await engine.Service.ConnectAsync(web, dual.Id, new EndpointOptions { GwPriority = 1 }, default);
        Assert.Equal(before.SelectMany(p => new[] { p, (p.Item1, "::", p.Item3) }).ToHashSet(), Published().ToHashSet());
        await engine.Service.DisconnectAsync(web, dual.Id, default);
        Assert.Equal(before.ToHashSet(), Published().ToHashSet());
    }

    [Fact]
    public async Task Joins_that_make_no_sense_are_refused()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net" }, default);
        var ids = engine.Service.List().ToDictionary(n => n.Name, n => n.Id);
        var web = await engine.RunAsync("web", "net");
        var alone = await engine.RunAsync("alone", "none");
        var host = await engine.RunAsync("hosted", "host");
        async Task<string> RefusalAsync(string container, string network) =>
            (await Assert.ThrowsAsync<GantryException>(() => engine.Service.ConnectAsync(container, ids[network], new EndpointOptions(), default))).Message;

        Assert.Equal("endpoint with name web already exists in network net", await RefusalAsync(web, "net"));
        Assert.Equal("cannot connect container to host network - container must be created in host network mode", await RefusalAsync(web, "host"));
        Assert.Equal("container cannot be connected to multiple networks with one of the networks in private (none) mode", await RefusalAsync(web, "none"));
        Assert.Equal("container cannot be connected to multiple networks with one of the networks in private (none) mode", await RefusalAsync(alone, "net"));
        Assert.Equal("container sharing network namespace with another container or host cannot be connected to any other network", await RefusalAsync(host, "net"));
        Assert.Equal("", engine.Service.FindSandbox(host)!.SandboxKey);
        Assert.Equal(("", ""), (engine.Endpoint(alone).IPAddress, engine.Endpoint(alone).MacAddress));
    }
}
