using System.Text.Json;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Faults;

/// <summary>
/// Clients at work all at once, and the engine (every third time the monitor too) killed at a moment that the seed says: after each, what is
/// listed can be inspected; in the end, nothing is left of what was removed.
/// </summary>
[Collection(EngineCollection.Name)]
public sealed class KillCampaignTests(EngineProcess engine)
{
    /// <summary>A longer campaign is asked for with GANTRY_KILL_ROUNDS.</summary>
    private static readonly int s_rounds = int.TryParse(Environment.GetEnvironmentVariable("GANTRY_KILL_ROUNDS"), out var rounds) ? rounds : 3;

    private const int Workers = 3;

    [Fact]
    public async Task Killed_at_random_moments_nothing_is_lost_and_nothing_leaks()
    {
        var context = Path.Combine(engine.Folder, "campaign");
        Directory.CreateDirectory(context);
        await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), "FROM busybox\nRUN echo a > /a\nRUN sleep 0.1; echo b > /b\nCOPY f /f\n");
        await File.WriteAllTextAsync(Path.Combine(context, "f"), "x");
        for (var round = 0; round < s_rounds; round++)
        {
            var random = new Random(round);
            using var over = new CancellationTokenSource();
            var work = Enumerable.Range(0, Workers).Select(worker => WorkAsync(new Random((round * 100) + worker), $"k{round}{worker}", context, over.Token)).ToList();
            await Task.Delay(random.Next(100, 1200));
            if (round % 3 == 2)
            {
                engine.Monitors()[0].Kill();
            }

            await engine.KillAsync();
            await over.CancelAsync();
            await Task.WhenAll(work);
            await engine.StartAsync();
            await AssertConsistentAsync();
        }

        await AssertNothingLeftAsync();
    }

    /// <summary>What these clients are told does not matter: the engine is killed under them.</summary>
    private async Task WorkAsync(Random random, string name, string context, CancellationToken over)
    {
        for (var i = 0; !over.IsCancellationRequested; i++)
        {
            var id = $"{name}-{i}";
            string[][] commands = random.Next(7) switch
            {
                0 => [["run", "--rm", "busybox", "true"]],
                1 => [["run", "-d", "--name", id, "-p", "0:80", "busybox", "sh", "-c", "echo hi; sleep 0.3; exit 3"]],
                2 => [["run", "-d", "--restart", "always", "--name", id, "busybox", "sleep", "0.2"]],
                3 => [["create", "-v", $"{id}:/data", "--name", id, "busybox"], ["start", id], ["rm", "-fv", id]],
                4 => [["network", "create", id], ["run", "--rm", "--network", id, "busybox", "true"], ["network", "rm", id]],
                5 => [["build", "-q", "--no-cache", "-t", name, context]],
                _ => [["run", "-d", "--name", id, "busybox", "sleep", "100"], ["exec", id, "true"], ["stop", "-t", "0", id]],
            };
            foreach (var command in commands)
            {
                _ = await engine.GantryAsync(command);
                if (over.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    private async Task AssertConsistentAsync()
    {
        foreach (var id in Lines(await engine.GantryAsync("ps", "-aq")))
        {
            // A container of --rm may go between the list and the look at it.
            var inspected = await engine.GantryAsync("inspect", id);
            if (inspected.ExitCode == 0)
            {
                using var json = JsonDocument.Parse(inspected.Output);
                Assert.Contains(json.RootElement[0].GetProperty("State").GetProperty("Status").GetString(), (string[])["created", "running", "restarting", "exited", "removing"]);
            }
            else
            {
                Assert.Contains("o such", inspected.Error, StringComparison.Ordinal);
            }
        }

        (await engine.GantryAsync("system", "df")).Succeeded();
    }

    private async Task AssertNothingLeftAsync()
    {
        // Containers of --rm go by themselves meanwhile: what is left after a few tries is stuck.
        var removed = new Result(0, "", "");
        for (var attempt = 0; attempt < 5 && Lines(await engine.GantryAsync("ps", "-aq")) is { Count: > 0 } ids; attempt++)
        {
            removed = await engine.GantryAsync(["rm", "-fv", .. ids]);
        }

        var left = (await engine.GantryAsync("ps", "-a", "--no-trunc")).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(left.Length == 1, string.Join('\n', left) + "\n" + removed.Error);
        (await engine.GantryAsync("network", "prune", "-f")).Succeeded();
        (await engine.GantryAsync("volume", "prune", "-af")).Succeeded();
        Assert.Equal(3, Lines(await engine.GantryAsync("network", "ls", "-q")).Count);
        Assert.Empty(Lines(await engine.GantryAsync("volume", "ls", "-q")));
        foreach (var path in (string[])[$"{engine.DataRoot}/containers", $"{engine.ExecRoot}/netns", $"{engine.ExecRoot}/tasks", $"{engine.ExecRoot}/bundles", $"{engine.ExecRoot}/runtime"])
        {
            Assert.Empty(Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path).Where(e => !Path.GetFileName(e).StartsWith('.')) : []);
        }

        var mounts = await File.ReadAllLinesAsync($"/proc/{engine.ProcessId}/mountinfo");
        Assert.DoesNotContain(mounts, m => m.Contains(engine.ExecRoot + "/", StringComparison.Ordinal) || m.Contains("upperdir=" + engine.DataRoot, StringComparison.Ordinal));
        Assert.DoesNotContain(System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces(), i => i.Name.StartsWith("veth", StringComparison.Ordinal));
    }

    private static List<string> Lines(Result result) => [.. result.Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
