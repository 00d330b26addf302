using System.IO.Compression;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Commands.Plugins;

/// <summary>docker plugin create.</summary>
internal sealed class CreatePluginCommand(FlagSet flags) : Command
{
    private const string ConfigName = "config.json";

    private readonly Flag<bool> _compress = flags.Bool("compress", "Compress the context using gzip");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        _ = ImageReference.Parse(arguments[0]);
        var root = Check(arguments[1]);
        await cli.Client.CreatePluginAsync(arguments[0], (stream, token) => WriteAsync(root, stream, token), cancellationToken);
        cli.Out.WriteLine(arguments[0]);
        return 0;
    }

    /// <summary>Absolute path of the directory.</summary>
    /// <exception cref="CliException">It is none, or has no configuration that could be read.</exception>
    private static string Check(string directory)
    {
        var root = Path.GetFullPath(directory);
        if (!Path.Exists(root))
        {
            throw new CliException($"lstat {root}: no such file or directory", 1);
        }

        if (!Directory.Exists(root))
        {
            throw new CliException("context must be a directory", 1);
        }

        var path = directory.TrimEnd('/') is "." or "" ? ConfigName : Path.Combine(directory, ConfigName);
        try
        {
            if (GoJsonSyntax.Error(File.ReadAllBytes(path), out _) is { } error)
            {
                throw new CliException(error, 1);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"open {path}: no such file or directory", 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(e.Message, 1);
        }

        return root;
    }

    private async Task WriteAsync(string root, Stream target, CancellationToken cancellationToken)
    {
        if (!_compress.Value)
        {
            await PackAsync(root, target, cancellationToken);
            return;
        }

        await using var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        await PackAsync(root, gzip, cancellationToken);
    }

    private static async Task PackAsync(string root, Stream target, CancellationToken cancellationToken)
    {
        var directory = FileAt.OpenDirectory(root);
        try
        {
            using var writer = new TarWriter(target);
            await TreePacker.PackAsync(directory, writer, new TreePackerOptions(), cancellationToken);
            await writer.CompleteAsync(cancellationToken);
        }
        catch (LinuxException e)
        {
            throw new CliException(e.Message, 1);
        }
        finally
        {
            FileAt.Close(directory);
        }
    }
}
