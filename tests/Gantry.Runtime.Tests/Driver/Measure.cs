using System.Diagnostics;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests.Driver;

/// <summary>Times starts, execs, exits and deletes; prints medians.</summary>
internal static class Measure
{
    public static async Task RunAsync(string[] args)
    {
        var runs = args.Length > 0 ? int.Parse(args[0]) : 50;
        await using var root = new TestRoot { Runtime = args.Length > 1 ? args[1] : "crun" };
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var start = new List<double>();
        var exit = new List<double>();
        var delete = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            var spec = root.Bundle($"c{i}", "true");
            var clock = Stopwatch.StartNew();
            await service.StartAsync(spec, CancellationToken.None);
            start.Add(clock.Elapsed.TotalMilliseconds);
            await exits.WaitAsync(spec.Id);
            exit.Add(clock.Elapsed.TotalMilliseconds);
            clock.Restart();
            await service.DeleteAsync(spec.Id, CancellationToken.None);
            delete.Add(clock.Elapsed.TotalMilliseconds);
        }

        Report("start", start);
        Report("start to exit of true", exit);
        Report("delete", delete);

        await service.StartAsync(root.Bundle("box", "sleep", "1000"), CancellationToken.None);
        var exec = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            var clock = Stopwatch.StartNew();
            await service.ExecAsync(TestBundle.Exec("box", $"e{i}", "true"), CancellationToken.None);
            await exits.WaitAsync("box", $"e{i}");
            exec.Add(clock.Elapsed.TotalMilliseconds);
        }

        Report("exec true to exit", exec);
        var status = await File.ReadAllTextAsync($"/proc/{Leftovers.MonitorPid(root.ExecRoot)}/status");
        foreach (var line in status.Split('\n').Where(line => line.StartsWith("Vm", StringComparison.Ordinal) || line.StartsWith("Rss", StringComparison.Ordinal)))
        {
            Console.WriteLine($"monitor {line}");
        }

        await service.KillAsync("box", null, 9, CancellationToken.None);
        await exits.WaitAsync("box");
        await service.DeleteAsync("box", CancellationToken.None);
    }

    private static void Report(string what, List<double> values)
    {
        values.Sort();
        Console.WriteLine($"{what}: median {values[values.Count / 2]:F2} ms, min {values[0]:F2}, p90 {values[values.Count * 9 / 10]:F2}");
    }
}
