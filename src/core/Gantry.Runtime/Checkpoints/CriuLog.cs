using System.Text;
using System.Text.RegularExpressions;
using Gantry.Linux;

namespace Gantry.Runtime.Checkpoints;

/// <summary>What CRIU wrote about its work.</summary>
internal static partial class CriuLog
{
    internal const string Dump = "dump.log";
    internal const string Restore = "restore.log";

    private const int MaxLog = 1024 * 1024;

    /// <summary>What CRIU complains of without giving up, or says last in any case.</summary>
    private static readonly string[] s_incidental = ["RLIMIT_NOFILE", "Dumping FAILED", "Restoring FAILED"];

    /// <summary>The first error of a log, which the others follow from; null when there is none.</summary>
    internal static string? FirstError(string path)
    {
        var buffer = new byte[MaxLog];
        var n = RawFiles.TryReadFile(path, buffer);
        return ErrorLine().Matches(Encoding.UTF8.GetString(buffer, 0, Math.Max(n, 0)))
            .Select(match => match.Groups[1].Value.Trim())
            .FirstOrDefault(text => !s_incidental.Any(word => text.Contains(word, StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"^\([0-9.]+\)(?:\s+[0-9]+:)?\s+Error \([^)]*\): (.+)$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
