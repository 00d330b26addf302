using System.Text;
using Gantry.Linux;
using Gantry.Linux.Cgroups;

namespace Gantry.Runtime.Tests.Support;

/// <summary>Looking for what should not be there any more.</summary>
internal static class Leftovers
{
    /// <summary>Pids of processes with the text on their command line.</summary>
    public static List<int> Processes(string text)
    {
        var found = new List<int>();
        var buffer = new byte[16 * 1024];
        foreach (var path in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), out var pid) && pid != Environment.ProcessId
                && RawFiles.TryReadFile($"{path}/cmdline", buffer) is var n and > 0
                && Encoding.UTF8.GetString(buffer, 0, n).Contains(text, StringComparison.Ordinal))
            {
                found.Add(pid);
            }
        }

        return found;
    }

    public static IEnumerable<ProcessStat> Children(int parent)
    {
        foreach (var task in Directory.GetDirectories($"/proc/{parent}/task"))
        {
            foreach (var pid in File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (ProcessStat.Read(int.Parse(pid)) is { } stat)
                {
                    yield return stat;
                }
            }
        }
    }

    public static int MonitorPid(string execRoot) => Processes($"serve\0{execRoot}\0").FirstOrDefault();

    public static void KillMonitor(string execRoot)
    {
        foreach (var pid in Processes($"serve\0{execRoot}\0"))
        {
            _ = Signals.TrySend(pid, Signals.SIGKILL);
            while (Directory.Exists($"/proc/{pid}") && ProcessStat.Read(pid) is { IsZombie: false })
            {
                Thread.Sleep(1);
            }

            _ = ChildProcesses.TryReap(pid, out _);
        }
    }

    /// <summary>Stops a process where it stands.</summary>
    public static void Freeze(int pid)
    {
        _ = Signals.TrySend(pid, Signals.SIGSTOP);
        while (ProcessStat.Read(pid) is { State: not ('T' or 'Z') })
        {
            Thread.Sleep(1);
        }
    }

    /// <summary>Containers the runtime still has state of.</summary>
    public static IEnumerable<string> RuntimeStates(string execRoot) =>
        Directory.GetDirectories($"{execRoot}/runtime").Select(path => Path.GetFileName(path)!).Where(name => !name.StartsWith('.'));

    /// <summary>Cgroups below a parent, in any hierarchy.</summary>
    public static IEnumerable<string> Cgroups(string parent) =>
        CgroupLayout.Detect().DirectoriesOf(parent).Where(Directory.Exists).SelectMany(Directory.GetDirectories);

    public static int OpenDescriptors(int pid) => Directory.GetFiles($"/proc/{pid}/fd").Length;
}
