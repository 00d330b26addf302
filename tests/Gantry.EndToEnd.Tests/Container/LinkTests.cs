using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>Links that are taken away, and checkpoints that aren't there.</summary>
[Collection(EngineCollection.Name)]
public sealed class LinkTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task A_link_can_be_removed(string client)
    {
        (await engine.GantryAsync("run", "-d", "--name", "target", "busybox", "sleep", "1000")).Succeeded();
        (await engine.GantryAsync("create", "--name", "linked", "--link", "target:one", "--link", "target:two", "busybox", "cat", "/etc/hosts")).Succeeded();

        (await engine.RunAsync(client, "rm", "--link", "linked/one")).Succeeded();

        Assert.Equal("[\"/target:/linked/two\"]", (await engine.GantryAsync("inspect", "-f", "{{json .HostConfig.Links}}", "linked")).Succeeded().Text);
        var hosts = (await engine.GantryAsync("start", "-a", "linked")).Succeeded().Output;
        Assert.Contains("\ttwo ", hosts, StringComparison.Ordinal);
        Assert.DoesNotContain("\tone ", hosts, StringComparison.Ordinal);
        (await engine.RunAsync(client, "rm", "--link", "linked/one")).Failed("No such container: linked/one");
        (await engine.RunAsync(client, "rm", "--link", "linked")).Failed("Conflict, cannot remove the default link name of the container");
        (await engine.GantryAsync("rm", "-f", "linked", "target")).Succeeded();
    }

    [Fact]
    public async Task Checkpoints_are_refused_as_outside_experimental_mode()
    {
        (await engine.GantryAsync("create", "--name", "frozen", "busybox", "true")).Succeeded();
        foreach (var (method, path, status) in new[]
        {
            ("POST", "checkpoints", "501"), ("GET", "checkpoints", "501"), ("DELETE", "checkpoints/c1", "501"), ("POST", "start?checkpoint=c1", "400"),
        })
        {
            var answer = await Command.RunAsync("curl", ["-s", "-X", method, "-w", "%{http_code}", "--unix-socket", engine.Host["unix://".Length..], $"http://d/v1.51/containers/frozen/{path}"]);
            Assert.Contains("experimental", answer.Output, StringComparison.Ordinal);
            Assert.EndsWith(status, answer.Output, StringComparison.Ordinal);
        }

        (await engine.GantryAsync("rm", "frozen")).Succeeded();
    }
}
