using System.Diagnostics;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>
/// A gantryd with its own roots and socket under a temporary folder. Disposing removes its containers, ends engine and monitor
/// by process id and deletes the folder.
/// </summary>
public sealed class EngineProcess : IAsyncLifetime
{
    private Process? _process;

    /// <summary>More of gantryd's arguments.</summary>
    internal IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Directories that gantryd looks for programs in before those of PATH.</summary>
    internal string? Programs { get; set; }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("gantry-e2e-").FullName;

    internal string Host => $"unix://{Folder}/gantry.sock";

    internal string DataRoot => Path.Combine(Folder, "data");

    internal string ExecRoot => Path.Combine(Folder, "run");

    internal int ProcessId => _process!.Id;

    /// <summary>Environment of clients: the engine's address and a configuration folder of their own.</summary>
    internal IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["DOCKER_HOST"] = Host,
        ["DOCKER_CONFIG"] = Path.Combine(Folder, "config"),
        ["DOCKER_BUILDKIT"] = "0",
    };

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "config"));
        await StartAsync();
        await HaveBusyboxAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process!.HasExited)
        {
            await StartAsync();
        }

        await RemoveContainersAsync();
        await StopAsync();
        foreach (var monitor in Monitors())
        {
            monitor.Kill();
        }

        _process!.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Removes what other tests, failed ones perhaps, have left.</summary>
    internal async Task RemoveContainersAsync()
    {
        var ids = (await GantryAsync("ps", "-aq")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (ids.Length > 0)
        {
            await GantryAsync(["rm", "-f", .. ids]);
        }
    }

    /// <summary>Imports the image that all tests use, where it is missing.</summary>
    internal async Task HaveBusyboxAsync()
    {
        if ((await GantryAsync("image", "inspect", "busybox")).ExitCode != 0)
        {
            (await GantryAsync("import", "-c", "CMD [\"sh\"]", "-c", "ENV PATH=/bin:/usr/bin:/sbin:/usr/sbin", Repository.BusyboxTar, "busybox:latest")).Succeeded();
        }
    }

    /// <summary>Starts the engine (again) and waits until it answers.</summary>
    internal async Task StartAsync()
    {
        _process = Command.Start(Repository.Binary("gantryd"), ["-H", Host, "--data-root", DataRoot, "--exec-root", ExecRoot, "--pidfile", Path.Combine(Folder, "gantryd.pid"), .. Flags], Variables);
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, line) => File.AppendAllText(Path.Combine(Folder, "engine.log"), line.Data + "\n");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (var attempt = 0; attempt < 200; attempt++)
        {
            if ((await GantryAsync("version")).ExitCode == 0)
            {
                return;
            }

            Assert.False(_process.HasExited, "gantryd ended at start: " + Log());
            await Task.Delay(50);
        }

        Assert.Fail("gantryd does not answer: " + Log());
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    internal async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(limit.Token);
    }

    /// <summary>kill -9, as a crash or the OOM killer would.</summary>
    internal async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>The monitor processes of this engine.</summary>
    internal IReadOnlyList<Process> Monitors() =>
        [.. Process.GetProcessesByName("gantry-monitor").Where(p => CommandLine(p.Id).Contains(Folder, StringComparison.Ordinal))];

    internal Task<Result> GantryAsync(params string[] arguments) => Command.RunAsync(Repository.Binary("gantry"), arguments, null, Environment);

    internal Task<Result> GantryWithInputAsync(string input, params string[] arguments) =>
        Command.RunAsync(Repository.Binary("gantry"), arguments, input, Environment);

    /// <summary>The docker CLI on PATH, or null where there is none.</summary>
    internal static string? DockerCli { get; } = (System.Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
        .Select(folder => Path.Combine(folder, "docker")).FirstOrDefault(f => File.Exists(f) && !f.StartsWith(Repository.Binaries, StringComparison.Ordinal));

    internal Task<Result> DockerAsync(params string[] arguments) => Command.RunAsync(DockerCli!, arguments, null, Environment);

    private IReadOnlyDictionary<string, string>? Variables => Programs is null
        ? null
        : new Dictionary<string, string> { ["PATH"] = $"{Programs}:{System.Environment.GetEnvironmentVariable("PATH")}" };

    /// <summary>Arguments, each ended by a zero; empty where there is no such process.</summary>
    internal static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }

    private string Log() => File.Exists(Path.Combine(Folder, "engine.log")) ? File.ReadAllText(Path.Combine(Folder, "engine.log")) : "(no log)";
}

[CollectionDefinition(Name)]
public sealed class EngineCollection : ICollectionFixture<EngineProcess>
{
    internal const string Name = "engine";
}
