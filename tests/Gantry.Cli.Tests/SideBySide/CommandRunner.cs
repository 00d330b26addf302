using System.Diagnostics;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>Runs a command line in a shell whose "docker" is the given program, in a home of its own.</summary>
internal sealed class CommandRunner : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Plugins of the machine would be commands that the recorded docker did not have.</summary>
    private static readonly string[] s_plugins =
    [
        .. new[] { "/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec" }.Select(f => f + "/docker/cli-plugins").Where(Directory.Exists),
    ];

    private static readonly string[] s_withoutPlugins =
        ["--mount", "/bin/sh", "-c", $"for d in {string.Join(' ', s_plugins)}; do mount -t tmpfs tmpfs $d || exit; done; exec /bin/sh \"$@\"", "sh"];

    private readonly string _docker;

    /// <param name="program">What "docker" stands for.</param>
    public CommandRunner(string program)
    {
        Folder = Directory.CreateTempSubdirectory("cli-").FullName;
        Directory.CreateDirectory(Path.Combine(Folder, "bin"));
        Directory.CreateDirectory(Path.Combine(Folder, "home"));
        File.WriteAllText(Path.Combine(Folder, "home", "env"), "A=1\n# c\nB=x y\nHOME\n");
        _docker = Path.Combine(Folder, "bin", "docker");
        File.CreateSymbolicLink(_docker, program);
    }

    public string Folder { get; }

    public string Socket => Path.Combine(Folder, "engine.sock");

    public async Task<(int Code, string Output, string Error)> RunAsync(string command)
    {
        var start = new ProcessStartInfo(s_plugins.Length > 0 ? "/usr/bin/unshare" : "/bin/sh", [.. s_plugins.Length > 0 ? s_withoutPlugins : [], "-c", command])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.Combine(Folder, "home"),
        };
        start.Environment.Clear();
        start.Environment["PATH"] = $"{Path.Combine(Folder, "bin")}:/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = Path.Combine(Folder, "home");
        start.Environment["DOCKER_HOST"] = $"unix://{Socket}";
        start.Environment["TZ"] = "UTC";
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } root)
        {
            start.Environment["DOTNET_ROOT"] = root;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"no end of: {command}");
        }

        return (process.ExitCode, (await output).Replace(Folder, "{FOLDER}", StringComparison.Ordinal), (await error).Replace(Folder, "{FOLDER}", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
