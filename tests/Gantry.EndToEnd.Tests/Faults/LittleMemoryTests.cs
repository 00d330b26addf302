using System.Diagnostics;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Faults;

/// <summary>The engine's cgroup gives it little memory, and then too little.</summary>
public sealed class LittleMemoryTests : IDisposable
{
    private const int Mebibyte = 1 << 20;

    /// <summary>An engine that is compiled as it runs takes more.</summary>
    private static readonly int s_compiler = File.Exists(Repository.Binary("gantryd") + ".dll") ? 4 : 1;

    private readonly TestCgroup _little = new("memory");
    private readonly TestCgroup _tooLittle = new("memory");

    public void Dispose()
    {
        _little.Dispose();
        _tooLittle.Dispose();
    }

    [Fact]
    public async Task Images_larger_than_it_pass_through_and_killed_by_the_kernel_it_loses_nothing()
    {
        await using var daemon = new ScratchDaemon();
        Task<Result> GantryAsync(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);

        var process = await StartAsync(daemon, _little, 64 * Mebibyte);
        (await GantryAsync("import", Repository.BusyboxTar, "busybox:latest")).Succeeded();
        (await GantryAsync("run", "-d", "--name", "live", "--network", "none", "busybox", "sh", "-c", "i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done")).Succeeded();
        await ImageOf100MegabytesAsync(daemon, GantryAsync);
        foreach (var success in await RunsAsync(GantryAsync, 20))
        {
            success.Succeeded();
        }

        Assert.False(process.HasExited, daemon.Log);
        await ScratchDaemon.SignalAsync(process, "TERM");
        await process.WaitForExitAsync();

        // Not enough for that many at once: usually the kernel ends the engine, and if not, nothing went wrong.
        process = await StartAsync(daemon, _tooLittle, 24 * Mebibyte);
        for (var round = 0; round < 5 && !process.HasExited; round++)
        {
            await RunsAsync(GantryAsync, 40);
        }

        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        await daemon.StartAsync("-H", daemon.Socket);

        await daemon.UntilAsync(() => GantryAsync("ps", "-a", "--format", "{{.Names}}").Result.Succeeded().Text == "live");
        Assert.Equal("true", (await GantryAsync("inspect", "-f", "{{.State.Running}}", "live")).Succeeded().Text);
        (await GantryAsync("system", "check")).Succeeded();
        (await GantryAsync("rm", "-f", "live")).Succeeded();
        (await RunsAsync(GantryAsync, 1))[0].Succeeded();
    }

    /// <summary>In the cgroup from its first instruction: the runtime reads the limit at its start.</summary>
    private static async Task<Process> StartAsync(ScratchDaemon daemon, TestCgroup cgroup, long bytes)
    {
        await cgroup.SetAsync("memory.limit_in_bytes", "memory.max", $"{bytes * s_compiler}");
        return await daemon.StartAsync("/bin/sh", ["-c", cgroup.Enter + "; exec \"$@\"", "sh", Repository.Binary("gantryd"), .. daemon.Roots, "-H", daemon.Socket]);
    }

    private static async Task ImageOf100MegabytesAsync(ScratchDaemon daemon, Func<string[], Task<Result>> gantryAsync)
    {
        var context = Directory.CreateDirectory(Path.Combine(daemon.Folder, "context")).FullName;
        var noise = new byte[100 * Mebibyte];
        new Random(1).NextBytes(noise);
        await File.WriteAllBytesAsync(Path.Combine(context, "noise"), noise);
        await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), "FROM busybox\nCOPY noise /\n");
        var archive = Path.Combine(daemon.Folder, "large.tar");

        (await gantryAsync(["build", "-q", "-t", "large", context])).Succeeded();
        (await gantryAsync(["save", "-o", archive, "large"])).Succeeded();
        (await gantryAsync(["rmi", "large"])).Succeeded();
        (await gantryAsync(["load", "-i", archive])).Succeeded();
        (await gantryAsync(["rmi", "large"])).Succeeded();
    }

    private static Task<Result[]> RunsAsync(Func<string[], Task<Result>> gantryAsync, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => gantryAsync(["run", "--rm", "--network", "none", "busybox", "true"])));
}
