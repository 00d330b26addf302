using System.Text;
using Gantry.Logs;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests.Driver;

/// <summary>Kills the monitor again and again while a container writes as fast as it can, then looks for each line.</summary>
internal static class KillStress
{
    private const int MaxKills = 500;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(string[] args)
    {
        var count = args.Length > 0 ? int.Parse(args[0]) : 5_000_000;
        var random = new Random(args.Length > 1 ? int.Parse(args[1]) : 1);
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exit = new TaskCompletionSource<TaskExit>();
        service.OnExit = ended =>
        {
            exit.TrySetResult(ended);
            return Task.CompletedTask;
        };
        var spec = root.Bundle("c1", "seq", "1", $"{count}");
        await service.StartAsync(spec with { Log = spec.Log with { MaxSize = args.Length > 2 ? long.Parse(args[2]) : 0, MaxFiles = 100_000 } }, CancellationToken.None);
        var kills = 0;
        while (!exit.Task.IsCompleted && kills < MaxKills)
        {
            await Task.Delay(random.Next(60));
            Leftovers.KillMonitor(root.ExecRoot);
            kills++;
        }

        Console.WriteLine($"{kills} kills, exit {(await exit.Task.WaitAsync(s_limit)).ExitCode}, wrong lines: {await CountWrongAsync(root.LogPath("c1"), count)}");
    }

    private static async Task<string> CountWrongAsync(string path, int count)
    {
        var next = 1;
        await foreach (var batch in new LogReader(path).ReadAsync(new LogQuery(), null, CancellationToken.None))
        {
            foreach (var entry in batch)
            {
                var line = Encoding.UTF8.GetString(entry.Line.Span);
                if (line != $"{next}\n")
                {
                    return $"expected {next}, got {line}";
                }

                next++;
            }
        }

        return next == count + 1 ? "none" : $"ended after {next - 1}";
    }
}
