using System.Text;
using Gantry.Apps.Monitor.Engine;
using Gantry.Apps.Monitor.Loop;
using Gantry.Apps.Monitor.Processes;
using Gantry.Apps.Monitor.Stdio;
using Gantry.Linux;
using Gantry.Logs;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor;

/// <summary>
/// <c>gantry-monitor serve EXEC-ROOT</c>: looks after the containers of one exec root. Stdin is the connected socket of the engine that started
/// it. <c>gantry-monitor compress FILE</c>: gzips a rotated log, in a process that this program starts for itself.
/// </summary>
internal static class Program
{
    public const string ServeVerb = "serve";
    public const string CompressVerb = "compress";

    /// <summary>Some five for each process; also what containers inherit, the same as under Docker's unit file.</summary>
    private const ulong OpenFiles = 1_048_576;

    public static int Main(string[] args)
    {
        switch (args)
        {
            case [ServeVerb, var execRoot]:
                Serve(execRoot);
                return 0;
            case [CompressVerb, var file]:
                LogCompression.Compress(file);
                return 0;
            default:
                MonitorLog.Write("usage: gantry-monitor serve EXEC-ROOT | compress FILE (started by gantryd)");
                return 2;
        }
    }

    private static void Serve(string execRoot)
    {
        if (!SignalFd.BlockInThread(Signals.SIGCHLD))
        {
            // Other threads exist already and would swallow the signal; they inherit the mask when the program starts again.
            ProcessControl.Execute("/proc/self/exe", ["gantry-monitor", ServeVerb, execRoot], Environment());
        }

        Signals.Ignore(Signals.SIGPIPE);
        Signals.Ignore(Signals.SIGHUP);
        ProcessControl.BecomeSubreaper();
        _ = ResourceLimits.RaiseOpenFiles(OpenFiles);
        var self = $"{System.Environment.ProcessId} {ProcessStat.Read(System.Environment.ProcessId)?.StartTime}";
        RawFiles.Replace($"{execRoot}/{RunFiles.MonitorPid}", Encoding.ASCII.GetBytes(self));
        using var loop = new EventLoop();
        using var journal = Journal.Open($"{execRoot}/{RunFiles.Journal}");
        var supervisor = new Supervisor(loop, journal);
        _ = new ChildSignal(loop, supervisor);
        var listener = new EngineListener(loop, supervisor, execRoot);
        listener.Connect(RawFiles.Duplicate(0));
        loop.Run();
        RawFiles.Unlink($"{execRoot}/{RunFiles.Socket}");
    }

    private static List<string> Environment()
    {
        var variables = new List<string>();
        foreach (System.Collections.DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        return variables;
    }
}
