using System.Diagnostics;
using Gantry.Logs;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests.Driver;

/// <summary>Times a container that writes many lines, and reading them back.</summary>
internal static class MeasureLogs
{
    public static async Task RunAsync(string[] args)
    {
        var count = args.Length > 0 ? int.Parse(args[0]) : 200_000;
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        for (var i = 0; i < 5; i++)
        {
            var id = $"c{i}";
            var clock = Stopwatch.StartNew();
            await service.StartAsync(root.Bundle(id, "sh", "-c", $"yes line of the log that is written, with some more text | head -n {count}"), CancellationToken.None);
            await exits.WaitAsync(id);
            var written = clock.Elapsed.TotalMilliseconds;
            clock.Restart();
            var entries = 0;
            await foreach (var batch in new LogReader(root.LogPath(id)).ReadAsync(new LogQuery(), null, CancellationToken.None))
            {
                entries += batch.Count;
            }

            var size = new FileInfo(root.LogPath(id)).Length;
            Console.WriteLine($"{entries} lines, {size} bytes: run and write {written:F0} ms, read {clock.Elapsed.TotalMilliseconds:F0} ms");
            await service.DeleteAsync(id, CancellationToken.None);
        }
    }
}
