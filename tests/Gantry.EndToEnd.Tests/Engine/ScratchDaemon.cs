using System.Diagnostics;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A gantryd for tests of its flags, signals and listeners. Disposing ends it and its monitor by process id and deletes its folder.</summary>
internal sealed class ScratchDaemon : IAsyncDisposable
{
    private readonly List<Process> _processes = [];
    private readonly System.Text.StringBuilder _log = new();

    internal string Folder { get; } = Directory.CreateTempSubdirectory("gantry-daemon-").FullName;

    internal string Socket => $"unix://{Folder}/s";

    internal string[] Roots => ["--data-root", $"{Folder}/d", "--exec-root", $"{Folder}/r", "--pidfile", $"{Folder}/p"];

    internal string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts with the folder's roots and the given flags, and waits until it serves.</summary>
    internal Task<Process> StartAsync(params string[] flags) => StartAsync(Repository.Binary("gantryd"), [.. Roots, .. flags]);

    internal async Task<Process> StartAsync(string program, IEnumerable<string> arguments)
    {
        var earlier = Log.Length;
        var process = Command.Start(program, arguments);
        _processes.Add(process);
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Append(line.Data).Append('\n');
            }
        };
        process.BeginErrorReadLine();
        await UntilAsync(() => process.HasExited || Log[earlier..].Contains("completed initialization", StringComparison.Ordinal));
        Assert.False(process.HasExited, "gantryd ended at start: " + Log);
        return process;
    }

    internal async Task UntilAsync(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 400 && !condition(); attempt++)
        {
            await Task.Delay(25);
        }

        Assert.True(condition(), "it did not come about; the log: " + Log);
    }

    internal static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>The gantry CLI, with nothing in its environment that names an engine.</summary>
    internal Task<Result> GantryAsync(params string[] arguments) => RunAsync(Repository.Binary("gantry"), arguments);

    internal Task<Result> RunAsync(string program, params string[] arguments) => Command.RunAsync(program, arguments, null, new Dictionary<string, string>
    {
        ["DOCKER_HOST"] = string.Empty,
        ["DOCKER_CONFIG"] = $"{Folder}/config",
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                await SignalAsync(process, "TERM");
                if (!process.WaitForExit(10_000))
                {
                    process.Kill();
                }
            }

            process.Dispose();
        }

        foreach (var monitor in Monitors())
        {
            monitor.Kill();
            monitor.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Its monitors, this one and those that outlive it.</summary>
    internal IReadOnlyList<Process> Monitors() => [.. Process.GetProcessesByName("gantry-monitor").Where(p => BelongsHere(p.Id))];

    private bool BelongsHere(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(Folder, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
