using System.Diagnostics;

namespace Gantry.EndToEnd.Tests.Checkpoint;

/// <summary>A test that is skipped where CRIU or runc is missing, or CRIU says that it can't work on this kernel.</summary>
internal sealed class CheckpointFactAttribute : FactAttribute
{
    public CheckpointFactAttribute() => Skip = Criu.WhyNot;
}

/// <inheritdoc cref="CheckpointFactAttribute"/>
internal sealed class CheckpointTheoryAttribute : TheoryAttribute
{
    public CheckpointTheoryAttribute() => Skip = Criu.WhyNot;
}

/// <summary>CRIU as PATH has it.</summary>
internal static class Criu
{
    /// <summary>Null: checkpoints can be tried here.</summary>
    internal static string? WhyNot { get; } = Check();

    internal static string Path => Find("criu") ?? throw new InvalidOperationException("criu is not installed");

    private static string? Check()
    {
        if (Find("criu") is not { } criu || Find("runc") is null)
        {
            return "criu or runc is not installed";
        }

        using var process = Process.Start(new ProcessStartInfo(criu, ["check"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"criu does not work on this kernel: {said.Split('\n')[0]}";
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
        .Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
