using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Faults;

/// <summary>The engine's cgroup lets it start no process and no thread.</summary>
public sealed class NoProcessesLeftTests : IDisposable
{
    private readonly TestCgroup _cgroup = new("pids");

    public void Dispose() => _cgroup.Dispose();

    [Fact]
    public async Task Starts_fail_with_the_reason_and_the_engine_goes_on()
    {
        await using var daemon = new ScratchDaemon();
        var process = await daemon.StartAsync("-H", daemon.Socket);
        (await daemon.GantryAsync("-H", daemon.Socket, "import", Repository.BusyboxTar, "busybox:latest")).Succeeded();
        (await RunAsync(daemon)).Succeeded();
        await daemon.UntilAsync(() => Directory.GetDirectories($"/proc/{process.Id}/task").Length >= 24);

        await _cgroup.MoveAsync(process.Id);
        foreach (var monitor in daemon.Monitors())
        {
            await _cgroup.MoveAsync(monitor.Id);
        }

        await LimitAsync(await File.ReadAllTextAsync($"{_cgroup.Path}/pids.current"));
        try
        {
            var failures = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => RunAsync(daemon)));
            Assert.All(failures, f => Assert.Contains("resource temporarily unavailable", f.Error, StringComparison.Ordinal));
            Assert.False(process.HasExited, daemon.Log);
            (await daemon.GantryAsync("-H", daemon.Socket, "info")).Succeeded();
        }
        finally
        {
            await LimitAsync("max");
        }

        foreach (var success in await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync(daemon))))
        {
            success.Succeeded();
        }

        Assert.Equal(string.Empty, (await daemon.GantryAsync("-H", daemon.Socket, "ps", "-aq")).Succeeded().Text);
    }

    private static Task<Result> RunAsync(ScratchDaemon daemon) =>
        daemon.GantryAsync("-H", daemon.Socket, "run", "--rm", "--network", "none", "busybox", "/bin/true");

    private Task LimitAsync(string value) => _cgroup.SetAsync("pids.max", "pids.max", value);
}
