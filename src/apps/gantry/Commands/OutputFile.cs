using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;

namespace Gantry.Apps.Cli.Commands;

/// <summary>-o/--output: a file that is there complete or not at all, or stdout.</summary>
internal static class OutputFile
{
    /// <param name="what">Comes first in the complaint about a path that can't be written.</param>
    public static void CheckNotTerminal(Cli cli, string path, string what)
    {
        if (path.Length == 0 && cli.OutIsTerminal)
        {
            throw new CliException("cowardly refusing to save to a terminal. Use the -o flag or redirect", 1);
        }

        if (path.Length > 0 && Refusal(path) is { } refusal)
        {
            throw new CliException($"{what}: {refusal}", 1);
        }
    }

    private static string? Refusal(string path)
    {
        var folder = path.LastIndexOf('/') switch { < 0 => ".", 0 => "/", var slash => path[..slash] };
        if (!Directory.Exists(folder))
        {
            return $"invalid output path: stat {folder}: no such file or directory";
        }

        return Linux.FileAt.TryStat(Linux.FileAt.CurrentDirectory, path, out var status) != 0 ? null : status.Kind switch
        {
            Linux.FileKind.Directory => "cannot write to a directory",
            Linux.FileKind.CharacterDevice => "cannot write to a character device file",
            Linux.FileKind.BlockDevice => "cannot write to a block device file",
            Linux.FileKind.Fifo => "cannot write to a named pipe (FIFO)",
            Linux.FileKind.Symlink => "cannot write to a symbolic link directly",
            Linux.FileKind.Socket => "cannot write to a socket",
            _ => null,
        };
    }

    /// <param name="what">Comes first in the complaint about a file that can't be written.</param>
    public static async Task WriteAsync(Cli cli, string path, Stream source, string what, CancellationToken cancellationToken)
    {
        if (path.Length == 0)
        {
            await CopyAsync(source, bytes => cli.Out.WriteBytes(bytes.Span), cancellationToken);
            return;
        }

        await ReplaceAsync(path, source, what, cancellationToken);
    }

    private static async Task ReplaceAsync(string path, Stream source, string what, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".tmp-{Path.GetFileName(path)}{Environment.ProcessId}");
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
            {
                await CopyAsync(source, bytes => file.Write(bytes.Span), cancellationToken);
            }

            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            if (e is UnauthorizedAccessException)
            {
                throw new CliException($"{what}: {FileErrors.Describe(e)}", 1);
            }

            throw;
        }
    }

    private static async Task CopyAsync(Stream source, Action<ReadOnlyMemory<byte>> write, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        while (await source.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            write(buffer.AsMemory(0, read));
        }
    }
}
