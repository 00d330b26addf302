using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Checkpoint;

/// <summary>
/// An engine in experimental mode whose CRIU can be held: while <c>hold-before</c> exists before it begins, while <c>hold-after</c> exists when a dump is
/// complete. So whatever is to be killed meanwhile can be.
/// </summary>
public sealed class ExperimentalEngine : IAsyncLifetime
{
    private string Programs => Path.Combine(Process.Folder, "programs");

    internal EngineProcess Process { get; } = new() { Flags = ["--experimental"] };

    /// <summary>A file system of 64 KiB.</summary>
    internal string Small => Path.Combine(Process.Folder, "small");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Programs);
        Directory.CreateDirectory(Small);
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=64k", "small", Small])).Succeeded();
        if (Criu.WhyNot is null)
        {
            File.WriteAllText(Path.Combine(Programs, "criu"), $"""
                #!/bin/sh
                touch {Programs}/begun
                while [ -e {Programs}/hold-before ]; do sleep 0.02; done
                [ -e {Programs}/hold-after ] || exec {Criu.Path} "$@"
                {Criu.Path} "$@"; code=$?
                if [ -n "$(find {Process.DataRoot}/containers -name stats-dump)" ]; then
                    touch {Programs}/done
                    while [ -e {Programs}/hold-after ]; do sleep 0.02; done
                fi
                exit $code
                """);
            File.SetUnixFileMode(Path.Combine(Programs, "criu"), (UnixFileMode)0x1ED);
        }

        Process.Programs = Programs;
        await Process.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await Command.RunAsync("umount", [Small]);
        await Process.DisposeAsync();
    }

    internal void Hold(string when)
    {
        File.Delete(Path.Combine(Programs, "begun"));
        File.Delete(Path.Combine(Programs, "done"));
        File.WriteAllText(Path.Combine(Programs, $"hold-{when}"), "");
    }

    internal void Release(string when) => File.Delete(Path.Combine(Programs, $"hold-{when}"));

    /// <param name="what"><c>begun</c> or <c>done</c>.</param>
    internal Task UntilAsync(string what) => UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(Programs, what))), $"CRIU has not {what}");

    internal static async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail(otherwise);
    }

    /// <summary>Status code and body of a request to the API.</summary>
    internal async Task<(string Status, string Body)> CallAsync(string method, string path, string? body = null)
    {
        var answer = (await Command.RunAsync("curl",
        [
            "-s", "--path-as-is", "-X", method, "-w", "\n%{http_code}", "--unix-socket", Process.Host["unix://".Length..],
            .. body is null ? Array.Empty<string>() : ["-H", "Content-Type: application/json", "-d", body], $"http://d/v1.51{path}",
        ])).Succeeded().Output;
        var end = answer.LastIndexOf('\n');
        return (answer[(end + 1)..], answer[..end].TrimEnd('\n'));
    }

    internal Task<Result> GantryAsync(params string[] arguments) => Process.GantryAsync(arguments);

    /// <summary>Starts a container that counts from 1 up, a line each, until the file <c>/go</c> is there, and then ends with exit code 7.</summary>
    internal async Task CountAsync(string name, params string[] options)
    {
        (await GantryAsync(["run", "-d", "--runtime", "runc", "--name", name, .. options, "busybox",
            "sh", "-c", "i=0; while [ ! -e /go ]; do i=$((i+1)); echo $i; sleep 0.05; done; exit 7"])).Succeeded();
        await UntilCountedAsync(name, 3);
    }

    internal Task UntilCountedAsync(string name, int count) => UntilAsync(async () => (await CountedAsync(name)).Length >= count, $"{name} does not count to {count}");

    internal async Task<string[]> CountedAsync(string name) =>
        (await GantryAsync("logs", name)).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal async Task<string> StateAsync(string name) => (await GantryAsync("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name)).Succeeded().Text;

    /// <summary>Lets a counting container end, which it does with its own exit code, and looks at all it has written.</summary>
    internal async Task AssertWholeAsync(string name)
    {
        var before = (await CountedAsync(name)).Length;
        await UntilCountedAsync(name, before + 3);
        (await GantryAsync("exec", name, "touch", "/go")).Succeeded();
        Assert.Equal("7", (await GantryAsync("wait", name)).Succeeded().Text);
        var lines = await CountedAsync(name);
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => $"{i}"), lines);
        (await GantryAsync("rm", name)).Succeeded();
    }
}

[CollectionDefinition(Name)]
public sealed class ExperimentalCollection : ICollectionFixture<ExperimentalEngine>
{
    internal const string Name = "experimental engine";
}
