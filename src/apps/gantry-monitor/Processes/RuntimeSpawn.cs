using Gantry.Linux;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>
/// Starts a runtime that is to start a process. That process inherits the runtime's rank for the kernel's out-of-memory killer, and crun 1.8
/// leaves it so where the bundle asks for 0, which is what nearly every bundle asks for. The monitor's own rank, meant to protect the monitor,
/// is therefore laid down while it starts a runtime.
/// </summary>
internal static class RuntimeSpawn
{
    public static int Start(SpawnOptions options)
    {
        var own = OomScore.Read();
        if (own == 0 || OomScore.TryWrite(0) != 0)
        {
            return ProcessSpawn.Start(options);
        }

        try
        {
            return ProcessSpawn.Start(options);
        }
        finally
        {
            // Without the privilege to go back the monitor is an ordinary process from here on.
            _ = OomScore.TryWrite(own);
        }
    }
}
