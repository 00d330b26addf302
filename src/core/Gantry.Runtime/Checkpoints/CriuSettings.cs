using System.Text;
using Gantry.Linux;

namespace Gantry.Runtime.Checkpoints;

/// <summary>
/// A configuration file for the CRIU that the runtime calls. It is named by CRIU's environment variable, beside whatever the host's files and the container's
/// annotation <c>org.criu.config</c> say: CRIU reads that one once, while the runtime's own is read twice by some versions, which
/// then give descriptors away twice.
/// </summary>
internal static class CriuSettings
{
    private const string FileName = "criu.conf";
    private const string Variable = "CRIU_CONFIG_FILE";

    /// <summary>For a dump: these files are not the container's.</summary>
    /// <returns>What the runtime's environment needs.</returns>
    internal static IReadOnlyList<string> ForDump(string directory, IReadOnlyList<StdioKey> keys) =>
        Write(directory, keys.Select(key => $"external {key.Key}"));

    /// <summary>For a restore: the runtime's own standard streams take their places.</summary>
    /// <inheritdoc cref="ForDump"/>
    internal static IReadOnlyList<string> ForRestore(string directory, IReadOnlyList<StdioKey> keys) =>
        Write(directory, keys.Select(key => $"inherit-fd fd[{key.Stream}]:{key.Key}"));

    private static string[] Write(string directory, IEnumerable<string> lines)
    {
        var path = $"{directory}/{FileName}";
        RawFiles.Replace(path, Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
        return [$"{Variable}={path}"];
    }
}
