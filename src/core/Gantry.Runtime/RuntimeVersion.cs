using Gantry.Linux;

namespace Gantry.Runtime;

/// <summary>What an OCI runtime's program says about itself when asked for its version.</summary>
/// <param name="Program">The name it gives itself: <c>crun</c>, <c>runc</c>; empty when it says nothing.</param>
/// <param name="Number"><c>1.21</c>; <c>unknown</c> when it says none.</param>
/// <param name="Commit">Empty when it says none.</param>
public sealed record RuntimeVersion(string Program, string Number, string Commit)
{
    private static readonly RuntimeVersion s_unknown = new("", "unknown", "");

    /// <summary>
    /// True for crun from 1.0 on: it takes a finished system call filter from an annotation (since 0.17), which anything else would leave unread,
    /// and run the container without a filter.
    /// </summary>
    public bool TakesSeccompPrograms =>
        Program == "crun" && int.TryParse(Number.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture, out var major) && major >= 1;

    /// <summary>True for a crun that says what it was built with, CRIU not being among it.</summary>
    public bool LacksCriu { get; private init; }

    /// <summary>Runs the program, which takes some milliseconds.</summary>
    public static RuntimeVersion Ask(RuntimeConfig runtime)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        try
        {
            using var process = PipedProcess.Start(runtime.Path, [.. runtime.Arguments, "--version"]);
            using var reader = new StreamReader(process.StandardOutput);
            return Parse(reader.ReadToEnd());
        }
        catch (IOException)
        {
            return s_unknown;
        }
    }

    /// <summary><c>crun version 1.21</c> and <c>commit: …</c>; runc writes the same.</summary>
    public static RuntimeVersion Parse(string output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var lines = output.Split('\n', StringSplitOptions.TrimEntries);
        var words = lines.FirstOrDefault(l => l.Contains(" version ", StringComparison.Ordinal))?.Split(" version ");
        var commit = lines.FirstOrDefault(l => l.StartsWith("commit:", StringComparison.Ordinal))?["commit:".Length..].Trim() ?? "";
        return words is null ? s_unknown with { Commit = commit } : new RuntimeVersion(words[0], words[1], commit)
        {
            LacksCriu = words[0] == "crun" && !output.Contains("+CRIU", StringComparison.Ordinal),
        };
    }
}
