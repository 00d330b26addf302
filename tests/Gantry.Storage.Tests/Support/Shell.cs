using System.Diagnostics;

namespace Gantry.Storage.Tests;

/// <summary>Runs programs that are second opinions (tar, skopeo, ...).</summary>
internal static class Shell
{
    internal static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(d => File.Exists(Path.Combine(d, program)));

    /// <summary>Runs a script with sh -e; fails the test on a non-zero exit. Returns its output.</summary>
    internal static string Run(string script, string? workingDirectory = null, byte[]? input = null)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "/",
        })!;
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\nexit {process.ExitCode}\n{output}\n{error.Result}");
        return output;
    }
}
