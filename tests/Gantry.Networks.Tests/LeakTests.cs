using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Counts descriptors of the process, so no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
[Collection(nameof(LeakTests))]
public sealed class LeakTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Hundreds_of_connections_leave_nothing()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net" }, default);
        var (links, rules, descriptors) = (machine.HostLinks(), machine.Ruleset(), OpenDescriptors());

        await Parallel.ForEachAsync(Enumerable.Range(0, 300), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (n, ct) =>
        {
            var id = $"{n:x64}";
            await engine.Service.CreateSandboxAsync(new SandboxOptions { ContainerId = id, ContainerName = $"c{n}", Ports = [new PortRequest("tcp", 80, "", "")] }, ct);
            await engine.Service.ConnectAsync(id, engine.Service.Find(n % 2 == 0 ? "net" : "bridge")!.Id, new EndpointOptions(), ct);
            await engine.Service.ReleaseSandboxAsync(id, ct);
        });

        await UntilAsync(() => machine.HostLinks().Count == links.Count);
        Assert.Equal(links, machine.HostLinks());
        Assert.Equal(rules, machine.Ruleset());
        Assert.Empty(Directory.EnumerateFileSystemEntries(machine.RunDirectory));
        Assert.InRange(OpenDescriptors(), 0, descriptors + 8);
        Assert.Empty(machine.Warnings);
    }

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(s_patience);
        while (!condition())
        {
            await Task.Delay(20, timeout.Token);
        }
    }
}
