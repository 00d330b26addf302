using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary><c>runtimes</c> of the configuration file, read anew.</summary>
public sealed class RuntimeReloadTests
{
    [Fact]
    public async Task Runtimes_come_and_go_while_what_runs_keeps_its_own()
    {
        await using var daemon = new ScratchDaemon();
        var file = $"{daemon.Folder}/daemon.json";
        File.WriteAllText(file, "{}");
        var process = await daemon.StartAsync("-H", daemon.Socket, "--config-file", file);
        Task<Result> Run(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        (await Run("import", Repository.BusyboxTar, "bb")).Succeeded();
        var reloads = 0;
        async Task ReloadAsync(string text)
        {
            File.WriteAllText(file, text);
            reloads++;
            await ScratchDaemon.SignalAsync(process, "HUP");
            await daemon.UntilAsync(() => daemon.Log.Split("Reloaded configuration").Length - 1 == reloads);
        }

        await ReloadAsync("""{"runtimes":{"mine":{"path":"crun"},"gone":{"path":"/nowhere/runtime"}},"default-runtime":"mine"}""");
        (await Run("run", "-d", "--name", "kept", "--network", "none", "--stop-timeout", "1", "bb", "/bin/sleep", "1000")).Succeeded();
        (await Run("create", "--name", "waits", "--runtime", "mine", "--network", "none", "bb", "/bin/true")).Succeeded();
        Assert.Equal("mine", (await Run("inspect", "-f", "{{.HostConfig.Runtime}}", "kept")).Succeeded().Text);
        Assert.Contains("/nowhere/runtime: no such file or directory", (await Run("run", "--rm", "--runtime", "gone", "--network", "none", "bb", "/bin/true")).Error, StringComparison.Ordinal);

        await ReloadAsync("""{"runtimes":{}}""");
        Assert.Contains("unknown or invalid runtime name: mine", (await Run("create", "--runtime", "mine", "bb")).Error, StringComparison.Ordinal);
        Assert.Contains("unknown or invalid runtime name: mine", (await Run("start", "waits")).Error, StringComparison.Ordinal);
        Assert.Equal("in", (await Run("exec", "kept", "/bin/echo", "in")).Succeeded().Text);
        (await Run("stop", "kept")).Succeeded();
        (await Run("rm", "kept")).Succeeded();
        (await Run("run", "--rm", "--network", "none", "bb", "/bin/true")).Succeeded();
    }
}
