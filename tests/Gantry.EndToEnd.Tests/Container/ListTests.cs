using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

[Collection(EngineCollection.Name)]
public sealed class ListTests(EngineProcess engine)
{
    [Fact]
    public async Task Only_a_status_asks_for_containers_that_do_not_run()
    {
        (await engine.GantryAsync("run", "-d", "--name", "listed1", "--network", "none", "busybox", "sleep", "100")).Succeeded();
        (await engine.GantryAsync("run", "--name", "listed2", "--network", "none", "busybox", "true")).Succeeded();
        async Task<string> NamesAsync(params string[] arguments) => (await engine.GantryAsync(["ps", "--format", "{{.Names}}", .. arguments])).Succeeded().Text;

        Assert.Equal("", await NamesAsync("-f", "since=listed1"));
        Assert.Equal("", await NamesAsync("-f", "exited=0", "-f", "name=listed"));
        Assert.Equal("listed1", await NamesAsync("-f", "before=listed2", "-f", "name=listed"));
        Assert.Equal("listed2", await NamesAsync("-f", "status=exited", "-f", "name=listed"));
        Assert.Equal("listed2", await NamesAsync("-a", "-f", "since=listed1"));
        Assert.Equal("listed2", await NamesAsync("-n", "1", "-f", "name=listed"));
        (await engine.GantryAsync("rm", "-f", "listed1", "listed2")).Succeeded();
    }

    [Fact]
    public async Task An_id_to_filter_by_is_one_containers()
    {
        var id = (await engine.GantryAsync("create", "--name", "byid", "busybox", "true")).Succeeded().Text;
        var others = Enumerable.Range(0, 17).Select(i => $"byid{i}").ToArray();
        foreach (var other in others)
        {
            (await engine.GantryAsync("create", "--name", other, "busybox", "true")).Succeeded();
        }

        async Task<string> FoundAsync(string prefix) => (await engine.GantryAsync("ps", "-aq", "--no-trunc", "--filter", "id=" + prefix)).Succeeded().Text;
        var all = (await engine.GantryAsync("ps", "-aq", "--no-trunc")).Succeeded().Text.Split('\n');

        Assert.Equal(id, await FoundAsync(id));
        Assert.Equal(id, await FoundAsync(id[..12]));
        Assert.Equal("", await FoundAsync(""));
        Assert.Equal("", await FoundAsync(id + id));

        // Of more containers than there are digits two begin with the same.
        Assert.Equal("", await FoundAsync(all.GroupBy(i => i[..1]).First(g => g.Count() > 1).Key));
        (await engine.GantryAsync(["rm", "byid", .. others])).Succeeded();
    }

    [Fact]
    public async Task A_created_container_has_its_working_directory()
    {
        (await engine.GantryAsync("create", "--name", "unstarted", "-w", "/app/here", "busybox", "true")).Succeeded();

        Assert.Contains("here/", (await engine.GantryAsync("cp", "unstarted:/app/here", "-")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "unstarted")).Succeeded();
    }

    [Fact]
    public async Task Events_in_a_format_that_no_event_has_are_refused_at_once()
    {
        var result = await engine.GantryAsync("events", "--format", "{{.NoSuchField}}");

        Assert.Equal(64, result.ExitCode);
        Assert.Contains("can't evaluate field NoSuchField in type *events.Message", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_is_not_on_its_own_network_and_takes_no_filling_from_others()
    {
        (await engine.GantryAsync("run", "--name", "self", "--net", "container:self", "busybox", "true")).Failed("cannot join own network namespace");
        (await engine.GantryAsync("create", "--volumes-from", "self:nocopy", "busybox")).Failed("invalid mode: nocopy");
        (await engine.GantryAsync("create", "--volumes-from", "self:rshared", "busybox")).Failed("invalid mode: rshared");
        (await engine.GantryAsync("run", "--rm", "--network", "none", "-v", "/proc/sys", "busybox", "true")).Failed("cannot be mounted because it is inside /proc");
        var home = (await engine.GantryAsync("run", "--rm", "--network", "none", "-e", "HOME=", "busybox", "sh", "-c", "echo $HOME")).Succeeded().Text;
        Assert.Contains(home, new[] { "/", "/root" });
        (await engine.GantryAsync("rm", "-fv", "self")).Succeeded();
    }
}
