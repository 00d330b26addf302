using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Faults;

[Collection(EngineCollection.Name)]
public sealed class OrderlyEndTests(EngineProcess engine)
{
    [Fact]
    public async Task Without_containers_nothing_stays_on_the_host_and_networks_come_back()
    {
        (await engine.GantryAsync("network", "create", "stays")).Succeeded();
        (await engine.GantryAsync("run", "--rm", "--network", "stays", "busybox", "true")).Succeeded();

        await engine.StopAsync();

        Assert.DoesNotContain("gantry", (await Command.RunAsync("ip", ["-br", "link"])).Succeeded().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("gantry", (await Command.RunAsync("nft", ["list", "tables"])).Succeeded().Output, StringComparison.Ordinal);
        await engine.StartAsync();
        (await engine.GantryAsync("run", "--rm", "--network", "stays", "busybox", "true")).Succeeded();
        (await engine.GantryAsync("network", "rm", "stays")).Succeeded();
    }

    [Fact]
    public async Task Running_containers_keep_their_network()
    {
        (await engine.GantryAsync("run", "-d", "--name", "on", "-p", "127.0.0.1:0:80", "busybox", "sh", "-c", "while :; do echo served | nc -l -p 80; done")).Succeeded();
        var port = (await engine.GantryAsync("port", "on", "80/tcp")).Succeeded().Text.Split(':')[^1];

        await engine.StopAsync();

        Assert.Equal("served\n", (await Command.RunAsync("sh", ["-c", $"for i in 1 2 3 4 5 6 7 8 9 10; do busybox nc -w 2 127.0.0.1 {port} </dev/null && exit; sleep 0.1; done"])).Succeeded().Output);
        await engine.StartAsync();
        (await engine.GantryAsync("rm", "-f", "on")).Succeeded();
    }
}
