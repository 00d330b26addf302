using System.Diagnostics;

namespace Gantry.Networks.Tests.Support;

/// <summary>A process in a network namespace, as a container's would be.</summary>
internal sealed class SleepingProcess : IDisposable
{
    private readonly Process _process;

    private SleepingProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static SleepingProcess Start(string namespacePath)
    {
        var process = Process.Start(new ProcessStartInfo("nsenter", [$"--net={namespacePath}", "sleep", "60"]))!;
        while (File.ReadAllText($"/proc/{process.Id}/comm").Trim() != "sleep")
        {
            Task.Delay(5).Wait();
        }

        return new SleepingProcess(process);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
