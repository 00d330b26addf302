using System.Diagnostics;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests.Driver;

/// <summary>Does it matter how many containers there are? Memory of the monitor and the time of a start beside many others.</summary>
internal static class MeasureMany
{
    public static async Task RunAsync(string[] args)
    {
        var count = args.Length > 0 ? int.Parse(args[0]) : 200;
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await StartsAsync(root, service, exits, "before");
        var before = Memory(root);
        for (var i = 0; i < count; i++)
        {
            await service.StartAsync(root.Bundle($"many{i}", "sh", "-c", "echo hello; exec sleep 1000"), CancellationToken.None);
        }

        Console.WriteLine($"monitor: {before} kB alone, {Memory(root)} kB with {count} containers");
        await StartsAsync(root, service, exits, "beside");
        for (var i = 0; i < count; i++)
        {
            await service.KillAsync($"many{i}", null, 9, CancellationToken.None);
            await exits.WaitAsync($"many{i}");
            await service.DeleteAsync($"many{i}", CancellationToken.None);
        }
    }

    private static async Task StartsAsync(TestRoot root, ITaskService service, ExitProbe exits, string name)
    {
        var times = new List<double>();
        for (var i = 0; i < 40; i++)
        {
            var clock = Stopwatch.StartNew();
            await service.StartAsync(root.Bundle($"{name}{i}", "true"), CancellationToken.None);
            times.Add(clock.Elapsed.TotalMilliseconds);
            await exits.WaitAsync($"{name}{i}");
            await service.DeleteAsync($"{name}{i}", CancellationToken.None);
        }

        times.Sort();
        Console.WriteLine($"start {name}: median {times[20]:F2} ms, min {times[0]:F2}");
    }

    private static string Memory(TestRoot root)
    {
        var lines = File.ReadAllLines($"/proc/{Leftovers.MonitorPid(root.ExecRoot)}/status");
        return string.Join("/", lines.Where(line => line.StartsWith("VmRSS") || line.StartsWith("RssAnon")).Select(line => line.Split(':')[1].Trim().TrimEnd('k', 'B', ' ')));
    }
}
