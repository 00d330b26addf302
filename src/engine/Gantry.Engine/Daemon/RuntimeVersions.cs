using Gantry.Engine.Settings;
using Gantry.Linux;

namespace Gantry.Engine.Daemon;

/// <summary>What the default OCI runtime says about itself; asked once, when somebody wants to know.</summary>
internal sealed record RuntimeVersions(RuntimeVersions.Entry Default)
{
    internal sealed record Entry(string Version, string Commit);

    internal static RuntimeVersions Probe(EngineSettings settings)
    {
        var runtime = settings.Runtimes[settings.DefaultRuntime];
        try
        {
            using var process = PipedProcess.Start(runtime.Path, [.. runtime.Arguments, "--version"]);
            using var reader = new StreamReader(process.StandardOutput);
            return new RuntimeVersions(Parse(reader.ReadToEnd()));
        }
        catch (IOException)
        {
            return new RuntimeVersions(new Entry("unknown", string.Empty));
        }
    }

    /// <summary><c>crun version 1.21</c> and <c>commit: …</c>; runc writes the same.</summary>
    internal static Entry Parse(string output)
    {
        var lines = output.Split('\n', StringSplitOptions.TrimEntries);
        var version = lines.FirstOrDefault(l => l.Contains(" version ", StringComparison.Ordinal))?.Split(" version ")[1] ?? "unknown";
        var commit = lines.FirstOrDefault(l => l.StartsWith("commit:", StringComparison.Ordinal))?["commit:".Length..].Trim() ?? string.Empty;
        return new Entry(version, commit);
    }
}
