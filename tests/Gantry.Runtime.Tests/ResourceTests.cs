using System.Text;
using System.Text.Json.Nodes;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

public class ResourceTests
{
    [Fact]
    public async Task A_paused_container_stands_still_and_goes_on()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await service.StartAsync(root.Bundle("c1", "cat") with { OpenStdin = true }, CancellationToken.None);
        await service.PauseAsync("c1", CancellationToken.None);
        await attachment.Input.WriteAsync("hello\n"u8.ToArray());
        var answer = Attached.ReadUntilAsync(attachment, "hello");
        await Task.Delay(100);
        Assert.False(answer.IsCompleted);
        await service.ResumeAsync("c1", CancellationToken.None);
        await answer;
    }

    [Fact]
    public async Task A_paused_container_can_be_killed()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        await service.PauseAsync("c1", CancellationToken.None);
        await service.KillAsync("c1", null, 9, CancellationToken.None);
        Assert.Equal(137, (await exits.WaitAsync("c1")).ExitCode);
        await service.DeleteAsync("c1", CancellationToken.None);
    }

    [Fact]
    public async Task Stats_tell_what_is_used_and_allowed()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        await using var attachment = service.Attach("c1", null, new AttachOptions());
        var spec = root.Bundle("c1", config => config["linux"]!["resources"] = Resources(64 << 20), "sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 1000 & echo ready; wait");
        await service.StartAsync(spec, CancellationToken.None);
        await Attached.ReadUntilAsync(attachment, "ready");
        var stats = service.ReadStats("c1");
        Assert.True(stats.Cpu.TotalUsage > 1_000_000);
        Assert.True(stats.Cpu.SystemUsage > stats.Cpu.TotalUsage);
        Assert.True(stats.Cpu.UserUsage + stats.Cpu.KernelUsage > 0);
        Assert.Equal(Environment.ProcessorCount, stats.Cpu.OnlineCpus);
        Assert.Equal(64UL << 20, stats.Memory.Limit);
        Assert.InRange(stats.Memory.Usage, 1UL, 64UL << 20);
        Assert.NotEmpty(stats.Memory.Stat);
        Assert.Equal(2UL, stats.Pids.Current);
        Assert.Equal(50UL, stats.Pids.Limit);
    }

    [Fact]
    public async Task Limits_can_be_changed_while_running()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        await service.StartAsync(root.Bundle("c1", config => config["linux"]!["resources"] = Resources(64 << 20), "sleep", "1000"), CancellationToken.None);
        await service.UpdateResourcesAsync("c1", Encoding.UTF8.GetBytes(Resources(32 << 20).ToJsonString()), CancellationToken.None);
        Assert.Equal(32UL << 20, service.ReadStats("c1").Memory.Limit);
        await Assert.ThrowsAsync<Errors.GantryException>(() => service.UpdateResourcesAsync("c1", "{"u8.ToArray(), CancellationToken.None));
    }

    [Fact]
    public async Task An_oom_kill_of_init_is_seen()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", config => config["linux"]!["resources"] = Resources(8 << 20), "tail", "/dev/zero"), CancellationToken.None);
        var exit = await exits.WaitAsync("c1");
        Assert.Equal((137, true), (exit.ExitCode, exit.OomKilled));
    }

    [Fact]
    public async Task An_oom_kill_of_another_process_is_told_while_init_runs()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var oom = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        service.OnOom = id =>
        {
            oom.TrySetResult(id);
            return Task.CompletedTask;
        };
        var spec = root.Bundle("c1", config => config["linux"]!["resources"] = Resources(8 << 20), "sh", "-c", "tail /dev/zero; read x; exit 3");
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await service.StartAsync(spec with { OpenStdin = true }, CancellationToken.None);
        Assert.Equal("c1", await oom.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(TaskPhase.Running, service.Find("c1")!.Phase);
        await attachment.CloseInputAsync(CancellationToken.None);
        var exit = await exits.WaitAsync("c1");
        Assert.Equal((3, true), (exit.ExitCode, exit.OomKilled));
    }

    private static JsonObject Resources(int memory) => new()
    {
        ["memory"] = new JsonObject { ["limit"] = memory, ["swap"] = memory },
        ["pids"] = new JsonObject { ["limit"] = 50 },
    };
}
