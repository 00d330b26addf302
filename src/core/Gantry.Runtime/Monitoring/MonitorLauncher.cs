using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Monitoring;

/// <summary>Finds an exec root's monitor, or starts one.</summary>
internal static class MonitorLauncher
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Connects to a monitor that is alive; -1 when there is none.</summary>
    public static int TryConnect(string execRoot)
    {
        var directory = RawFiles.TryOpen(execRoot, OpenFlags.ReadOnly);
        if (directory < 0)
        {
            return -1;
        }

        try
        {
            return UnixSockets.TryConnect(UnixSockets.ShortPath(directory, RunFiles.Socket), UnixSocketType.SeqPacket);
        }
        finally
        {
            RawFiles.Close(directory);
        }
    }

    /// <summary>
    /// Starts a monitor in a session of its own, connected through its stdin, and returns the socket and its pid. It is this process's child,
    /// but lives on when this process ends.
    /// </summary>
    /// <param name="prepareThread">Run on the thread that spawns, which is not used afterwards.</param>
    public static (int Socket, int Pid) Start(TaskServiceOptions options, Action? prepareThread)
    {
        (int, int) result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                prepareThread?.Invoke();
                result = Spawn(options);
            }
            catch (Exception e) when (e is LinuxException)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw failure;
    }

    private static (int Socket, int Pid) Spawn(TaskServiceOptions options)
    {
        var (ours, theirs) = UnixSockets.CreatePair(UnixSocketType.SeqPacket, nonBlocking: false);
        var log = -1;
        try
        {
            log = RawFiles.Open(
                $"{options.ExecRoot}/{RunFiles.MonitorLog}", OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.Create, 0x180);
            var pid = ProcessSpawn.Start(new SpawnOptions
            {
                Path = options.MonitorPath,
                Arguments = ["gantry-monitor", "serve", options.ExecRoot],
                Environment = [$"PATH={Environment.GetEnvironmentVariable("PATH") ?? DefaultPath}"],
                Stdin = theirs,
                Stdout = log,
                Stderr = log,
                NewSession = true,
                BlockChildSignal = true,
            });
            return (ours, pid);
        }
        catch
        {
            RawFiles.Close(ours);
            throw;
        }
        finally
        {
            RawFiles.Close(theirs);
            RawFiles.Close(log);
        }
    }
}
