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
        var links = await Command.RunAsync("ip", ["-br", "link"]);
        var tables = await Command.RunAsync("nft", ["list", "tables"]);
        await engine.StartAsync();

        Assert.DoesNotContain("gantry", links.Succeeded().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("gantry", tables.Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("run", "--rm", "--network", "stays", "busybox", "true")).Succeeded();
        (await engine.GantryAsync("network", "rm", "stays")).Succeeded();
    }

    [Fact]
    public async Task Running_containers_keep_their_network()
    {
        (await engine.GantryAsync("run", "-d", "--name", "on", "-p", "127.0.0.1:0:80", "busybox", "sh", "-c", "while :; do echo served | nc -l -p 80; done")).Succeeded();
        var port = (await engine.GantryAsync("port", "on", "80/tcp")).Succeeded().Text.Split(':')[^1];

        await engine.StopAsync();
        var served = await Command.RunAsync("sh", ["-c", $"for i in 1 2 3 4 5 6 7 8 9 10; do busybox nc -w 2 127.0.0.1 {port} </dev/null && exit; sleep 0.1; done"]);
        await engine.StartAsync();

        Assert.Equal("served\n", served.Succeeded().Output);
        (await engine.GantryAsync("rm", "-f", "on")).Succeeded();
    }
}
