using System.Text;
using Gantry.Linux;

namespace Gantry.Runtime.Services;

/// <summary>Runtimes whose monitor was killed while they worked.</summary>
internal static class RuntimeProcesses
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until no process has <paramref name="argument"/> on its command line; kills those that take longer than the limit.</summary>
    public static async Task WaitForAsync(string argument, TimeSpan limit)
    {
        var deadline = DateTime.UtcNow + limit;
        List<int> pids;
        while ((pids = Find(argument)).Count > 0)
        {
            if (DateTime.UtcNow > deadline)
            {
                pids.ForEach(pid => Signals.TrySend(pid, Signals.SIGKILL));
            }

            await Task.Delay(s_pause).ConfigureAwait(false);
        }
    }

    private static List<int> Find(string argument)
    {
        var wanted = Encoding.UTF8.GetBytes($"\0{argument}\0");
        var buffer = new byte[16 * 1024];
        var found = new List<int>();
        foreach (var path in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), out var pid)
                && RawFiles.TryReadFile($"{path}/cmdline", buffer) is var n and > 0
                && buffer.AsSpan(0, n).IndexOf(wanted) >= 0)
            {
                found.Add(pid);
            }
        }

        return found;
    }
}
