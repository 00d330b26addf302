using Gantry.Errors;
using Gantry.Linux.Networking;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>What stays and what goes when containers end and engines are killed.</summary>
public sealed class LifetimeTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_interface_goes_even_when_a_stray_process_holds_the_namespace()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var links = machine.HostLinks();
        var id = await engine.RunAsync("web");
        _ = engine.Space(id);
        await engine.Service.ReleaseSandboxAsync(id, default);

        await UntilAsync(() => machine.HostLinks().Count == links.Count);
    }

    [Fact]
    public async Task Release_is_idempotent_and_a_stranger_is_no_error()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var id = await engine.RunAsync("web");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => engine.Service.ReleaseSandboxAsync(id, default)));
        await engine.Service.ReleaseSandboxAsync(id, default);
        await engine.Service.ReleaseSandboxAsync("nonesuch", default);
        Assert.Null(engine.Service.FindSandbox(id));
    }

    [Fact]
    public async Task After_a_rest_ports_are_published_and_withdrawn_as_before()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var before = await engine.RunAsync("before", ports: new PortRequest("tcp", 80, "", "5000"));
        engine.Service.Rest();
        engine.Service.Rest();
        var after = await engine.RunAsync("after", ports: new PortRequest("tcp", 80, "", "5001"));
        await engine.Service.ReleaseSandboxAsync(before, default);
        engine.Service.Rest();
        using var serving = machine.Serve(engine.Space(after), 80, "after");

        Assert.Equal("after|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5001));
    }

    [Fact]
    public async Task A_new_engine_takes_over_what_lives_and_removes_what_does_not()
    {
        await using var machine = new TestMachine();
        var store = new FileStateStore(machine.StateDirectory);
        PortRequest[] ports = [new("tcp", 80, "", "5000"), new("udp", 80, "", "5000"), new("tcp", 81, "", "")];
        var first = await Engine.StartAsync(machine, store);
        await first.Service.CreateAsync(new NetworkCreateOptions { Name = "net" }, default);
        var links = machine.HostLinks();
        var web = await first.RunAsync("web", "net", ports: ports);
        var gone = await first.RunAsync("gone", "net", ports: new PortRequest("tcp", 80, "", "5001"));
        using var serving = machine.Serve(first.Space(web), 80, "web");
        var (before, goneAddress) = (first.Service.FindSandbox(web)!, first.Address(gone));

        // A kill closes descriptors and does no more; disposing does the same.
        await first.DisposeAsync();
        Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));

        await using var second = await Engine.StartAsync(machine, store, live: [new SandboxRestore { ContainerId = web }]);
        var after = second.Service.FindSandbox(web)!;
        Assert.Equal(Describe(before), Describe(after));
        Assert.Null(second.Service.FindSandbox(gone));
        Assert.Equal(links.Count + 1, machine.HostLinks().Count);
        Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
        Assert.StartsWith("web|", await machine.AskTcpAsync(machine.Host, "::1", 5000), StringComparison.Ordinal);
        Assert.Equal([second.Address(web)], (await machine.ResolveAsync(second.Space(web), "web")).Answers);
        Assert.DoesNotContain($"\"{goneAddress}\"", machine.Ruleset(), StringComparison.Ordinal);
        Assert.Equal(goneAddress, second.Address(await second.RunAsync("next", "net", ports: new PortRequest("tcp", 80, "", "5001"))));
        await Assert.ThrowsAsync<GantryException>(() => second.RunAsync("rival", "net", ports: new PortRequest("tcp", 80, "", "5000")));
    }

    [Fact]
    public async Task A_namespace_is_taken_from_the_process_when_its_mount_is_gone()
    {
        await using var machine = new TestMachine();
        var store = new FileStateStore(machine.StateDirectory);
        var first = await Engine.StartAsync(machine, store);
        var web = await first.RunAsync("web");
        var key = first.Service.FindSandbox(web)!.SandboxKey;
        using var process = SleepingProcess.Start(key);
        await first.DisposeAsync();
        NetworkNamespace.Unmount(key);

        await using var second = await Engine.StartAsync(machine, store, live: [new SandboxRestore { ContainerId = web, Pid = process.Id }]);
        using var serving = machine.Serve(second.Space(web), 80, "web");
        Assert.NotNull(await machine.AskTcpAsync(machine.Host, second.Address(web), 80));
    }

    [Fact]
    public async Task A_deleted_bridge_and_a_deleted_table_are_mended_on_start()
    {
        await using var machine = new TestMachine();
        var store = new FileStateStore(machine.StateDirectory);
        var first = await Engine.StartAsync(machine, store);
        await first.Service.CreateAsync(new NetworkCreateOptions { Name = "net" }, default);
        var web = await first.RunAsync("web", "net", ports: new PortRequest("tcp", 80, "", "5000"));
        var bridge = first.Service.Find("net")!.BridgeName;
        await first.DisposeAsync();
        var batch = new NetlinkBatch();
        batch.DeleteLink(bridge);
        machine.Route.Execute(batch);
        machine.Nft("flush ruleset");

        await using var second = await Engine.StartAsync(machine, store, live: [new SandboxRestore { ContainerId = web }]);
        using var serving = machine.Serve(second.Space(web), 80, "web");
        Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
    }

    [Fact]
    public async Task A_bridge_deleted_while_the_engine_runs_is_made_again_for_the_next_container()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var batch = new NetlinkBatch();
        batch.DeleteLink("gantry0");
        machine.Route.Execute(batch);

        var web = await engine.RunAsync("web");
        using var serving = machine.Serve(engine.Space(web), 80, "web");
        Assert.NotNull(await machine.AskTcpAsync(machine.Host, engine.Address(web), 80));
    }

    [Fact]
    public async Task Networks_outlive_the_engine_with_their_settings()
    {
        await using var machine = new TestMachine();
        var store = new FileStateStore(machine.StateDirectory);
        var first = await Engine.StartAsync(machine, store);
        await first.Service.CreateAsync(
            new NetworkCreateOptions { Name = "net", EnableIPv4 = false, EnableIPv6 = true, Labels = new Dictionary<string, string> { ["a"] = "b" } }, default);
        var before = first.Service.List();
        await first.Service.TearDownAsync(default);
        await first.DisposeAsync();
        Assert.Equal(["lo", "up0"], machine.HostLinks().Order());

        await using var second = await Engine.StartAsync(machine, store);
        Assert.Equal(before.Select(Describe), second.Service.List().Select(Describe));
    }

    [Fact]
    public async Task Tearing_down_leaves_the_host_as_it_was_found()
    {
        await using var machine = new TestMachine();
        var (links, rules, forward) = (machine.HostLinks(), machine.Ruleset(), machine.Sysctl("ipv4/ip_forward"));
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", EnableIPv6 = true }, default);
        var web = await engine.RunAsync("web", "net");
        await Assert.ThrowsAsync<GantryException>(() => engine.Service.TearDownAsync(default));
        await engine.Service.ReleaseSandboxAsync(web, default);
        await engine.Service.TearDownAsync(default);

        Assert.Equal("0", forward);
        Assert.Equal((rules, forward), (machine.Ruleset(), machine.Sysctl("ipv4/ip_forward")));
        Assert.Equal(links, machine.HostLinks());
    }

    [Fact]
    public async Task Two_engines_share_a_host()
    {
        await using var machine = new TestMachine();
        await using var one = await Engine.StartAsync(machine);
        await using var two = await Engine.StartAsync(machine, options: machine.Options("other") with { RunDirectory = machine.RunDirectory + "2" });
        var first = await one.RunAsync("first", ports: new PortRequest("tcp", 80, "", "5000"));
        var second = await two.RunAsync("second", ports: new PortRequest("tcp", 80, "", "5001"));
        using var servingFirst = machine.Serve(one.Space(first), 80, "first");
        using var servingSecond = machine.Serve(two.Space(second), 80, "second");

        Assert.Equal("172.18.0.1", two.Endpoint(second).Gateway);
        Assert.Equal("first|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
        Assert.Equal("second|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5001));
        Assert.StartsWith("second|", await machine.AskTcpAsync(machine.Host, "127.0.0.1", 5001), StringComparison.Ordinal);
        await two.Service.ReleaseSandboxAsync(second, default);
        await two.Service.TearDownAsync(default);
        Assert.Equal("first|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
        Directory.Delete(machine.RunDirectory + "2", recursive: true);
    }

    private static string Describe(SandboxInfo sandbox) => $"{sandbox.SandboxId} {sandbox.SandboxKey} {string.Join(',', sandbox.Ports)} {string.Join(',', sandbox.Endpoints.Select(Describe))}";

    private static string Describe(EndpointInfo endpoint) => $"{endpoint.EndpointId} {endpoint.NetworkId} {endpoint.IPAddress}/{endpoint.IPPrefixLen} {endpoint.Gateway} {endpoint.MacAddress} {string.Join(',', endpoint.DnsNames)}";

    private static string Describe(NetworkRecord network) =>
        $"{network.Id} {network.Name} {network.Created:O} {network.EnableIPv4} {network.EnableIPv6} {network.BridgeName} {string.Join(',', network.Labels)} {string.Join(',', network.Ipam.Configs)}";

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(s_patience);
        while (!condition())
        {
            await Task.Delay(20, timeout.Token);
        }
    }
}
