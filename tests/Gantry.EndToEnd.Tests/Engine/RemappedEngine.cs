using System.Diagnostics;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>An engine with user namespaces, on a copy of /etc in which ids are set aside for a user.</summary>
public sealed class RemappedEngine : IAsyncLifetime
{
    internal const string User = "remapper";

    /// <summary>Two ranges: the container's first thousand ids, and those after.</summary>
    internal const uint FirstId = 231072;
    internal const uint FirstCount = 1000;
    internal const uint SecondId = 500000;

    private readonly ScratchDaemon _daemon = new();
    private Process? _process;

    internal string Folder => _daemon.Folder;

    internal string Log => _daemon.Log;

    internal string DataRoot => $"{Folder}/d/{FirstId}.{FirstId}";

    private string Etc => $"{Folder}/etc";

    public async Task InitializeAsync()
    {
        await PrepareAsync(Folder);
        File.AppendAllText($"{Etc}/passwd", $"{User}:x:4321:4321::/nonexistent:/bin/false\n");
        File.AppendAllText($"{Etc}/group", $"{User}:x:4321:\n");
        var ranges = $"somebody:100000:65536\n{User}:{FirstId}:{FirstCount}\n{User}:{SecondId}:65536\n";
        File.WriteAllText($"{Etc}/subuid", ranges);
        File.WriteAllText($"{Etc}/subgid", ranges);
        _process = await StartAsync(_daemon, User);
        (await GantryAsync("import", "-c", "CMD [\"sh\"]", "-c", "ENV PATH=/bin", Repository.BusyboxTar, "busybox:latest")).Succeeded();
    }

    public async Task DisposeAsync()
    {
        var ids = (await GantryAsync("ps", "-aq")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (ids.Length > 0)
        {
            await GantryAsync(["rm", "-f", .. ids]);
        }

        await _daemon.DisposeAsync();
    }

    /// <summary>kill -9 and a new engine.</summary>
    internal async Task RestartAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process = await StartAsync(_daemon, User);
    }

    internal Task<Result> GantryAsync(params string[] arguments) => _daemon.GantryAsync(["-H", _daemon.Socket, .. arguments]);

    /// <summary>Copies /etc, and lets the containers' root pass through the folder.</summary>
    internal static async Task PrepareAsync(string folder)
    {
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        (await Command.RunAsync("cp", ["-a", "/etc", $"{folder}/etc"])).Succeeded();
    }

    /// <summary>Starts a daemon that sees the folder's copy in place of /etc.</summary>
    internal static Task<Process> StartAsync(ScratchDaemon daemon, string remap) =>
        daemon.StartAsync("unshare", [.. Arguments(daemon, remap), "-H", daemon.Socket]);

    /// <summary>The same to its end, for one that does not start.</summary>
    internal static Task<Result> RunAsync(ScratchDaemon daemon, string remap) => daemon.RunAsync("unshare", Arguments(daemon, remap));

    private static string[] Arguments(ScratchDaemon daemon, string remap) =>
        ["-m", "sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", $"{daemon.Folder}/etc", Repository.Binary("gantryd"), .. daemon.Roots, "--userns-remap", remap];
}
