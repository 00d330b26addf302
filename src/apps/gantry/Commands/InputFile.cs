using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Apps.Cli.Commands;

/// <summary>-i/--input: a file, or stdin.</summary>
internal static class InputFile
{
    /// <param name="path">Empty for stdin.</param>
    public static Stream Open(string path)
    {
        if (path.Length == 0)
        {
            return new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 0);
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"open {path}: {FileErrors.Describe(e)}", 1);
        }
    }
}
