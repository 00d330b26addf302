using System.Net.Sockets;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Who reaches a published port, from where, and as whom.</summary>
public sealed class PublishedPortTests
{
    private static PortRequest Tcp(int container, string host, string ip = "") => new("tcp", container, ip, host);

    private static PortRequest Udp(int container, string host, string ip = "") => new("udp", container, ip, host);

    [Fact]
    public async Task A_port_is_reached_from_everywhere_and_the_outside_keeps_its_address()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var web = await engine.RunAsync("web", ports: [Tcp(80, "5000"), Udp(80, "5000")]);
        using var server = machine.Serve(engine.Space(web), 80, "web");

        Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
        Assert.Equal("web|198.51.100.2", await machine.AskUdpAsync(machine.Outside, TestMachine.HostAddress, 5000));
        Assert.StartsWith("web|", await machine.AskTcpAsync(machine.Host, "127.0.0.1", 5000), StringComparison.Ordinal);
        Assert.StartsWith("web|", await machine.AskUdpAsync(machine.Host, "127.0.0.1", 5000), StringComparison.Ordinal);
        Assert.StartsWith("web|", await machine.AskTcpAsync(machine.Host, TestMachine.HostAddress, 5000), StringComparison.Ordinal);
        Assert.StartsWith("web|", await machine.AskTcpAsync(machine.Host, "::1", 5000), StringComparison.Ordinal);
        Assert.StartsWith("web|", await machine.AskUdpAsync(machine.Host, "::1", 5000), StringComparison.Ordinal);
        Assert.StartsWith("web|", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress6, 5000), StringComparison.Ordinal);
        Assert.StartsWith("web|", await machine.AskUdpAsync(machine.Outside, TestMachine.HostAddress6, 5000), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Containers_reach_each_other_and_themselves_through_the_host_port()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "other" }, default);
        var web = await engine.RunAsync("web", ports: [Tcp(80, "5000"), Udp(80, "5000")]);
        var sibling = await engine.RunAsync("sibling");
        var stranger = await engine.RunAsync("stranger", "other");
        using var server = machine.Serve(engine.Space(web), 80, "web");

        var unreached = new List<string>();
        foreach (var (name, client) in new[] { ("itself", web), ("sibling", sibling), ("stranger", stranger) })
        {
            foreach (var address in new[] { TestMachine.HostAddress, engine.Endpoint(client).Gateway })
            {
                unreached.AddRange(await machine.AskTcpAsync(engine.Space(client), address, 5000) is null ? [$"{name} tcp {address}"] : []);
                unreached.AddRange(await machine.AskUdpAsync(engine.Space(client), address, 5000) is null ? [$"{name} udp {address}"] : []);
            }
        }

        Assert.Empty(unreached);
    }

    [Fact]
    public async Task Loopback_bindings_are_reached_from_loopback_alone()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var web = await engine.RunAsync("web", ports: [Tcp(80, "5000", "127.0.0.1"), Udp(80, "5000", "127.0.0.1"), Tcp(80, "5001", TestMachine.HostAddress), Tcp(80, "5002", "::1")]);
        var sibling = await engine.RunAsync("sibling");
        using var server = machine.Serve(engine.Space(web), 80, "web");

        Assert.NotNull(await machine.AskTcpAsync(machine.Host, "127.0.0.1", 5000));
        Assert.NotNull(await machine.AskTcpAsync(machine.Host, "::1", 5002));
        Assert.NotNull(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5001));
        Assert.Null(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000, expectNone: true));
        Assert.Null(await machine.AskTcpAsync(machine.Host, TestMachine.HostAddress, 5000, expectNone: true));
        Assert.Null(await machine.AskTcpAsync(machine.Host, "127.0.0.1", 5001, expectNone: true));
        Assert.Null(await machine.AskTcpAsync(engine.Space(sibling), engine.Endpoint(sibling).Gateway, 5000, expectNone: true));
        Assert.NotNull(await machine.AskUdpAsync(machine.Host, "127.0.0.1", 5000));
        machine.SendLoopbackToHost(machine.Outside, "up0", "up0");
        Assert.Null(await machine.AskUdpAsync(machine.Outside, "127.0.0.1", 5000, expectNone: true));
    }

    [Fact]
    public async Task Ports_that_are_not_published_are_closed_to_the_outside()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var web = await engine.RunAsync("web", ports: [Tcp(80, "5000")]);
        using var published = machine.Serve(engine.Space(web), 80, "web");
        using var other = machine.Serve(engine.Space(web), 81, "web");
        machine.RouteOutside(engine.Address(web));

        Assert.Null(await machine.AskTcpAsync(machine.Outside, engine.Address(web), 81, expectNone: true));
        Assert.Null(await machine.AskTcpAsync(machine.Outside, engine.Address(web), 80, expectNone: true));
        Assert.NotNull(await machine.AskTcpAsync(machine.Host, engine.Address(web), 81));
    }

    [Fact]
    public async Task Loopback_services_of_the_host_stay_its_own()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var web = await engine.RunAsync("web");
        using var secret = machine.Serve(machine.Host, 7000, "secret", System.Net.IPAddress.Loopback);
        machine.SendLoopbackToHost(engine.Space(web), "eth0", "gantry0");

        Assert.NotNull(await machine.AskTcpAsync(machine.Host, "127.0.0.1", 7000));
        Assert.Null(await machine.AskUdpAsync(engine.Space(web), "127.0.0.1", 7000, expectNone: true));
    }

    [Fact]
    public async Task Random_and_range_ports_are_resolved_and_given_once()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var first = await engine.RunAsync("first", ports: [Tcp(80, ""), Tcp(81, "8000-8001"), Udp(82, "0")]);
        var second = await engine.RunAsync("second", ports: [Tcp(80, ""), Tcp(81, "8000-8001")]);
        var failure = await Assert.ThrowsAsync<Errors.GantryException>(() => engine.RunAsync("third", ports: [Tcp(81, "8000-8001")]));

        var ports = engine.Service.FindSandbox(first)!.Ports.Concat(engine.Service.FindSandbox(second)!.Ports).ToList();
        Assert.Equal([8000, 8001], ports.Where(p => p.ContainerPort == 81 && p.HostIp == "0.0.0.0").Select(p => p.HostPort));
        Assert.All(ports.Where(p => p.ContainerPort is 80 or 82), p => Assert.InRange(p.HostPort, 32768, 60999));
        Assert.Equal(ports.Count, ports.Distinct().Count());
        Assert.All(ports.GroupBy(p => (p.Protocol, p.HostPort)), g => Assert.Equal(["0.0.0.0", "::"], g.Select(p => p.HostIp).Order()));
        Assert.EndsWith("all ports are allocated", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_random_port_passes_over_what_others_have()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        using var program = machine.Serve(machine.Host, 32768, "program");
        await engine.RunAsync("first", ports: Tcp(80, "32769"));
        var second = await engine.RunAsync("second", ports: Tcp(80, ""));

        Assert.All(engine.Service.FindSandbox(second)!.Ports, p => Assert.Equal(32770, p.HostPort));
    }

    [Fact]
    public async Task A_taken_port_is_refused_in_Dockers_words_and_nothing_stays()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        using var program = machine.Serve(machine.Host, 6000, "program");
        await engine.RunAsync("first", ports: [Tcp(80, "5000")]);

        var byContainer = await Assert.ThrowsAsync<Errors.GantryException>(() => engine.RunAsync("second", ports: [Tcp(80, "5001"), Tcp(80, "5000")]));
        var byProgram = await Assert.ThrowsAsync<Errors.GantryException>(() => engine.RunAsync("second", ports: [Tcp(80, "6000")]));
        await engine.RunAsync("third", ports: [Tcp(80, "5001")]);

        Assert.Matches("^driver failed programming external connectivity on endpoint second \\([0-9a-f]{64}\\): Bind for 0.0.0.0:5000 failed: port is already allocated$", byContainer.Message);
        Assert.EndsWith("listen tcp4 0.0.0.0:6000: bind: address already in use", byProgram.Message, StringComparison.Ordinal);
        Assert.Equal(2, engine.Service.Endpoints(engine.Service.Find("bridge")!.Id).Count);
    }

    [Fact]
    public async Task A_released_port_can_be_taken_at_once()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        for (var round = 0; round < 3; round++)
        {
            var id = await engine.RunAsync("web", ports: [Tcp(80, "5000"), Udp(80, "5000")]);
            using (machine.Serve(engine.Space(id), 80, "web"))
            {
                Assert.NotNull(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
                Assert.NotNull(await machine.AskUdpAsync(machine.Outside, TestMachine.HostAddress, 5000));
            }

            await engine.Service.ReleaseSandboxAsync(id, default);
        }

        Assert.Null(await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000, expectNone: true));
    }

    [Fact]
    public async Task A_client_that_goes_on_sending_reaches_the_next_owner_of_the_port()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        using var client = machine.In(machine.Outside, () => new UdpClient(TestMachine.HostAddress, 5000));
        async Task<string> AskAsync(string expected)
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var reply = "";
            while (!reply.StartsWith(expected, StringComparison.Ordinal))
            {
                await client.SendAsync("hello"u8.ToArray(), timeout.Token);
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token);
                patience.CancelAfter(200);
                reply = await ReceiveAsync(client, patience.Token);
                timeout.Token.ThrowIfCancellationRequested();
            }

            return reply;
        }

        foreach (var name in new[] { "first", "second" })
        {
            var id = await engine.RunAsync(name, ports: Udp(80, "5000"));
            using (machine.Serve(engine.Space(id), 80, name))
            {
                Assert.Equal($"{name}|{TestMachine.OutsideAddress}", await AskAsync(name));
            }

            await engine.Service.ReleaseSandboxAsync(id, default);
        }
    }

    private static async Task<string> ReceiveAsync(UdpClient client, CancellationToken ct)
    {
        try
        {
            return System.Text.Encoding.ASCII.GetString((await client.ReceiveAsync(ct)).Buffer);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return "";
        }
    }
}
