using System.Diagnostics;
using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Cli.Tests.Completing;

/// <summary>Every shell's script asks this program; those of shells that are installed are read by them.</summary>
public sealed class ShellScriptTests
{
    [Theory]
    [InlineData("bash", "bash", "-n")]
    [InlineData("zsh", "zsh", "-n")]
    [InlineData("fish", "fish", "--no-execute")]
    [InlineData("powershell", "pwsh", "-NoProfile", "-File")]
    public async Task A_script_asks_the_program_for_candidates(string name, params string[] shell)
    {
        using var resource = typeof(CommandTable).Assembly.GetManifestResourceStream($"completion.{name}")!;
        using var reader = new StreamReader(resource);
        var script = await reader.ReadToEndAsync();
        Assert.Contains(" __complete", script, StringComparison.Ordinal);
        Assert.Contains("{program} completion " + name, script, StringComparison.Ordinal);

        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(f => Path.Combine(f, shell[0])).FirstOrDefault(File.Exists);
        if (path is null)
        {
            return;
        }

        var folder = Directory.CreateTempSubdirectory("gantry-completion-");
        try
        {
            var file = Path.Combine(folder.FullName, "script.ps1");
            await File.WriteAllTextAsync(file, script.Replace("{program}", "gantry", StringComparison.Ordinal));
            using var process = Process.Start(new ProcessStartInfo(path, [.. shell[1..], file]) { RedirectStandardError = true })!;
            Assert.Equal("", await process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
