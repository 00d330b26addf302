using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>
/// Command lines of Cases/NAME.txt, run by our CLI and compared with what docker's printed and asked its engine (Recorded/NAME.json). No docker
/// and no engine is needed. With GANTRY_RECORD_DOCKER (docker's CLI) and GANTRY_RECORD_ENGINE (an engine's socket) set, the recordings are made
/// anew first; lines that start with ! run before and after a recording: the first word says when.
/// </summary>
public abstract class SideBySideTests
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Folder { get; } = ThisFolder();

    internal static string Ours { get; } = Environment.GetEnvironmentVariable("GANTRY_BIN") is { Length: > 0 } folder
        ? Path.Combine(folder, "gantry")
        : Path.GetFullPath(Path.Combine(ThisFolder(), "../../../src/apps/gantry/bin/Debug/net10.0/linux-x64/gantry"));

    /// <summary>The command lines of a file.</summary>
    internal static IEnumerable<string> Commands(string name) =>
        File.ReadLines(Path.Combine(Folder, "Cases", name + ".txt")).Where(l => l.Length > 0 && l[0] is not ('#' or '!'));

    internal static TheoryData<string> Data(string name) => [.. Commands(name)];

    internal static async Task CompareAsync(IReadOnlyDictionary<string, Recording> recordings, string command)
    {
        Assert.True(recordings.TryGetValue(command, out var expected), "not recorded");
        using var runner = new CommandRunner(Ours);
        using var engine = expected.Exchanges.Count > 0 ? new ReplayEngine(runner.Socket, expected.Exchanges) : null;
        var (code, output, error) = await runner.RunAsync(command);
        var got = $"{Normalizer.Apply(output)}\n--- stderr\n{Normalizer.Apply(error)}\n--- exit {code}";
        var want = $"{Normalizer.Apply(expected.Output)}\n--- stderr\n{Normalizer.Apply(expected.Error)}\n--- exit {expected.ExitCode}";
        var strange = engine?.Strange ?? [];
        Assert.True(
            strange.Count == 0,
            $"docker did not ask this:\n{string.Join('\n', strange)}\nbut this:\n{string.Join('\n', expected.Exchanges.Select(e => $"{e.Method} {e.Target} {e.Request}"))}");
        Assert.True(want == got, $"docker:\n{want}\nours:\n{got}");
    }

    internal static async Task<IReadOnlyDictionary<string, Recording>> LoadAsync(string name)
    {
        var file = Path.Combine(Folder, "Recorded", name + ".json");
        if (Environment.GetEnvironmentVariable("GANTRY_RECORD_DOCKER") is { Length: > 0 } docker)
        {
            var engine = Environment.GetEnvironmentVariable("GANTRY_RECORD_ENGINE") ?? "";
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(await RecordAsync(name, docker, engine), s_json));
        }

        var recordings = JsonSerializer.Deserialize<List<Recording>>(await File.ReadAllTextAsync(file), s_json)!;
        return recordings.DistinctBy(r => r.Command).ToDictionary(r => r.Command, StringComparer.Ordinal);
    }

    private static async Task<List<Recording>> RecordAsync(string name, string docker, string engine)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(Folder, "Cases", name + ".txt"));
        var isAlone = !lines.Any(l => l.StartsWith('!'));
        await RunAllAsync(lines, "!before ", docker, engine);
        var result = new List<Recording>();
        foreach (var command in Commands(name))
        {
            using var runner = new CommandRunner(docker);
            using var proxy = isAlone ? null : new RecordingProxy(runner.Socket, engine);
            var (code, output, error) = await runner.RunAsync(command);
            result.Add(new Recording(command, code, output, error, proxy?.Take() ?? []));
        }

        await RunAllAsync(lines, "!after ", docker, engine);
        return result;
    }

    private static async Task RunAllAsync(IEnumerable<string> lines, string when, string docker, string engine)
    {
        using var runner = new CommandRunner(docker);
        foreach (var line in lines.Where(l => l.StartsWith(when, StringComparison.Ordinal)))
        {
            await runner.RunAsync($"export DOCKER_HOST=unix://{engine}; {line[when.Length..]}");
        }
    }

    private static string ThisFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
