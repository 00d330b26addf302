using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Checkpoint;

/// <summary>What a Docker Engine in experimental mode refuses, in its words, and what is damaged.</summary>
[Collection(ExperimentalCollection.Name)]
public sealed class CheckpointErrorTests(ExperimentalEngine engine)
{
    [Fact]
    public async Task Requests_are_refused_as_docker_does()
    {
        (await engine.GantryAsync("create", "--name", "still", "busybox", "true")).Succeeded();
        var id = (await engine.GantryAsync("inspect", "-f", "{{.Id}}", "still")).Text;
        foreach (var (method, path, body, status, message) in new[]
        {
            ("POST", "/containers/still/checkpoints", "{\"CheckpointID\":\"c1\"}", "409", $"container {id} is not running"),
            ("POST", "/containers/absent/checkpoints", "{\"CheckpointID\":\"c1\"}", "404", "No such container: absent"),
            ("GET", "/containers/absent/checkpoints", null, "404", "No such container: absent"),
            ("GET", "/containers/still/checkpoints?dir=/nowhere", null, "500", "checkpoint  does not exist for container still"),
            ("DELETE", "/containers/still/checkpoints/c1", null, "500", "checkpoint c1 does not exist for container still"),
            ("DELETE", "/containers/still/checkpoints/..%2f..", null, "301", ""),
            ("POST", "/containers/still/start?checkpoint=c1", null, "500", "checkpoint c1 does not exist for container /still"),
            ("POST", "/containers/still/start?checkpoint=..%2f..", null, "500", "checkpoint ../.. does not exist for container /still"),
            ("POST", "/containers/still/start?checkpoint=c1&checkpoint-dir=/tmp", null, "403", "custom checkpointdir is not supported"),
            ("POST", "/containers/still/start?checkpoint-dir=/tmp", null, "403", "custom checkpointdir is not supported"),
        })
        {
            var answer = await engine.CallAsync(method, path, body);
            Assert.True(answer.Status == status && answer.Body.Contains(message, StringComparison.Ordinal), $"{method} {path}: {answer}");
        }

        Assert.Equal(("200", "null"), await engine.CallAsync("GET", "/containers/still/checkpoints"));
        Assert.Equal("created 128", await engine.StateAsync("still"));
        (await engine.GantryAsync("start", "--checkpoint", "c1", "still", "other")).Failed("you cannot restore multiple containers at once");
        (await engine.GantryAsync("rm", "still")).Succeeded();
    }

    [Fact]
    public async Task Experimental_mode_shows()
    {
        Assert.Equal("true true", (await engine.GantryAsync("version", "-f", "{{.Server.Experimental}} {{(index .Server.Components 0).Details.Experimental}}")).Succeeded().Text);
        Assert.Equal("true", (await engine.GantryAsync("info", "-f", "{{.ExperimentalBuild}}")).Succeeded().Text);
    }

    [CheckpointFact]
    public async Task A_running_container_is_saved_under_a_proper_and_new_name_only()
    {
        await engine.CountAsync("named");
        foreach (var name in new[] { "a/b", "", "x", "-x", ".x", "a b" })
        {
            Assert.Equal(
                ("500", $"{{\"message\":\"Invalid checkpoint ID ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed\"}}"),
                await engine.CallAsync("POST", "/containers/named/checkpoints", $"{{\"CheckpointID\":\"{name}\"}}"));
        }

        Assert.Equal(("201", ""), await engine.CallAsync("POST", "/containers/named/checkpoints", "{\"CheckpointID\":\"c1\"}"));
        Assert.Equal(("200", "[{\"Name\":\"c1\"}]"), await engine.CallAsync("GET", "/containers/named/checkpoints"));
        (await engine.GantryAsync("checkpoint", "create", "named", "c1"))
            .Failed("cannot checkpoint container named: checkpoint with name c1 already exists for container named");
        Assert.Equal(("204", ""), await engine.CallAsync("DELETE", "/containers/named/checkpoints/c1"));
        await engine.AssertWholeAsync("named");
    }

    [Fact]
    public async Task A_runtime_without_criu_is_named_with_the_remedy()
    {
        if ((await Command.RunAsync("crun", ["--version"])).Output.Contains("+CRIU", StringComparison.Ordinal))
        {
            return;
        }

        (await engine.GantryAsync("run", "-d", "--runtime", "crun", "--name", "by-crun", "busybox", "sleep", "1000")).Succeeded();

        (await engine.GantryAsync("checkpoint", "create", "by-crun", "c1")).Failed("was built without CRIU: checkpoints need a container with another runtime (create it with --runtime runc)");

        Assert.Equal("CHECKPOINT NAME", (await engine.GantryAsync("checkpoint", "ls", "by-crun")).Succeeded().Text);
        Assert.Equal("running 0", await engine.StateAsync("by-crun"));
        (await engine.GantryAsync("rm", "-f", "by-crun")).Succeeded();
    }

    [CheckpointFact]
    public async Task Missing_and_shortened_files_are_found_out_before_anything_is_restored()
    {
        await engine.CountAsync("cut-short");
        var folder = await SavedAsync("cut-short");
        foreach (var name in new[] { "pages-1.img", "inventory.img", "gantry-stdio.json", "descriptors.json" })
        {
            var (path, content) = (Path.Combine(folder, name), File.ReadAllBytes(Path.Combine(folder, name)));
            File.WriteAllBytes(path, content[..^1]);
            (await engine.GantryAsync("start", "--checkpoint", "c1", "cut-short"))
                .Failed($"checkpoint c1 of container /cut-short is damaged: {name} has {content.Length - 1} bytes and not {content.Length}");
            File.Delete(path);
            (await engine.GantryAsync("start", "--checkpoint", "c1", "cut-short")).Failed($"checkpoint c1 of container /cut-short is damaged: {name} is missing");
            File.WriteAllBytes(path, content);
        }

        Assert.Equal("exited 137", await engine.StateAsync("cut-short"));
        (await engine.GantryAsync("start", "--checkpoint", "c1", "cut-short")).Succeeded();
        await engine.AssertWholeAsync("cut-short");
    }

    [CheckpointFact]
    public async Task Damaged_files_are_errors_that_leave_a_container_that_starts()
    {
        await engine.CountAsync("damaged");
        var folder = await SavedAsync("damaged");
        foreach (var name in new[] { "inventory.img", "core-1.img", "files.img", "descriptors.json" })
        {
            var (path, content) = (Path.Combine(folder, name), File.ReadAllBytes(Path.Combine(folder, name)));
            File.WriteAllBytes(path, new byte[content.Length]);
            (await engine.GantryAsync("start", "--checkpoint", "c1", "damaged")).Failed("OCI runtime restore failed: ");
            Assert.Equal("exited 128", await engine.StateAsync("damaged"));
            File.WriteAllBytes(path, content);
        }

        (await engine.GantryAsync("start", "--checkpoint", "c1", "damaged")).Succeeded();
        Assert.Equal("running 0", await engine.StateAsync("damaged"));
        (await engine.GantryAsync("rm", "-f", "damaged")).Succeeded();
    }

    private async Task<string> SavedAsync(string name)
    {
        (await engine.GantryAsync("checkpoint", "create", name, "c1")).Succeeded();
        var id = (await engine.GantryAsync("inspect", "-f", "{{.Id}}", name)).Text;
        return Path.Combine(engine.Process.DataRoot, "containers", id, "checkpoints", "c1");
    }
}
