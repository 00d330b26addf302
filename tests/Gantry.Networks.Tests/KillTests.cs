using Gantry.Linux.Networking;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>An engine killed between any two of its steps.</summary>
public sealed class KillTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(18)]
    public async Task The_next_engine_keeps_what_lives_and_clears_the_rest(int steps)
    {
        await using var machine = new TestMachine();
        IReadOnlyCollection<string> up;
        using (var churn = Churn.Start(machine))
        {
            await churn.KillAfterAsync(steps);
            up = churn.Up;
        }

        var live = up.Where((_, index) => index % 2 == 0).ToList();
        await using var engine = await Engine.StartAsync(
            machine, new FileStateStore(machine.StateDirectory), live: [.. live.Select(id => new SandboxRestore { ContainerId = id })]);
        await AssertWorksAsync(machine, engine, live);
        AssertNothingElse(machine, engine, live);

        foreach (var id in live)
        {
            await engine.Service.ReleaseSandboxAsync(id, default);
        }

        foreach (var network in engine.Service.List().Where(n => !n.Predefined))
        {
            await engine.Service.RemoveAsync(network.Id, default);
        }

        engine.EndProcesses();
        await engine.Service.TearDownAsync(default);
        Assert.Equal(["lo", "up0"], machine.HostLinks().Order());
        Assert.DoesNotContain("gantry", machine.Ruleset(), StringComparison.Ordinal);
    }

    private static async Task AssertWorksAsync(TestMachine machine, Engine engine, List<string> live)
    {
        Assert.Equal(live.Order(), live.Where(id => engine.Service.FindSandbox(id) is not null).Order());
        var fresh = await engine.RunAsync("fresh", ports: new PortRequest("tcp", 80, "", ""));
        foreach (var id in live.Append(fresh))
        {
            using var serving = machine.Serve(engine.Space(id), 80, "it");
            var port = engine.Service.FindSandbox(id)!.Ports.First(p => p.Protocol == "tcp" && p.HostIp == "0.0.0.0").HostPort;
            Assert.Equal($"it|{TestMachine.OutsideAddress}", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, port));
        }

        var addresses = live.Append(fresh).SelectMany(id => engine.Service.FindSandbox(id)!.Endpoints).Select(e => e.IPAddress).ToList();
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
        await engine.Service.ReleaseSandboxAsync(fresh, default);
    }

    private static void AssertNothingElse(TestMachine machine, Engine engine, List<string> live)
    {
        engine.EndProcesses();
        var expected = engine.Service.List().Where(n => n.Driver == "bridge").Select(n => n.BridgeName)
            .Concat(live.SelectMany(id => engine.Service.FindSandbox(id)!.Endpoints).Select(e => e.HostInterfaceName)).Append("lo").Append("up0");
        var deadline = Environment.TickCount64 + 10_000;
        while (machine.HostLinks().Count != expected.Count() && Environment.TickCount64 < deadline)
        {
            Task.Delay(20).Wait();
        }

        Assert.Equal(expected.Order(), machine.HostLinks().Order());
        Assert.Equal(live.Count, Directory.EnumerateFiles(machine.RunDirectory).Count());
        Assert.All(Directory.EnumerateFiles(machine.RunDirectory), path => NetworkNamespace.TryOpenMounted(path)!.Dispose());
    }
}
