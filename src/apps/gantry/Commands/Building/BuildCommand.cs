using System.IO.Compression;
using Gantry.Apps.Cli.Building;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Copying;
using Gantry.Apps.Cli.Running;
using Gantry.IO.Git;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Commands.Building;

/// <summary>docker build.</summary>
internal sealed class BuildCommand(FlagSet flags) : Command
{
    private readonly BuildFlags _flags = new(flags);
    private readonly Flag<string> _file = flags.String("file", "Name of the Dockerfile (Default is \"PATH/Dockerfile\")", 'f');
    private readonly Flag<string> _idFile = flags.String("iidfile", "Write the image ID to the file");
    private readonly Flag<string> _progress = flags.String("progress", "Set type of progress output (\"auto\", \"plain\", \"tty\", \"rawjson\")", value: "auto", hidden: true);
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Suppress the build output and print image ID on success", 'q');
    private readonly ListFlag<string> _tags = flags.List("tag", "Name and optionally a tag in the \"name:tag\" format", 't', CheckTag);

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        _flags.Check();
        using var context = await ContextAsync(arguments[0], cancellationToken);
        if (_idFile.Value.Length > 0)
        {
            try
            {
                File.Delete(_idFile);
            }
            catch (DirectoryNotFoundException)
            {
                // Told when it is written, as by docker: the build goes on.
            }
        }

        var query = _flags.ToQuery(cli).Add("dockerfile", context.Dockerfile).Add("remote", context.Remote).Add("q", _quiet).AddAll("t", _tags.Values).Add("version", "1")
            .Add("stages", BuildDisplay.IsClassic ? null : "needed");
        var auth = await new CredentialStore(cli.Config).AllHeaderAsync(cancellationToken);
        using var display = BuildDisplay.Create(cli, _quiet, _progress);
        string image;
        try
        {
            var write = context.Write is null ? null : Counted(_flags.Compress ? Compressed(context.Write) : context.Write, display);
            using var response = await cli.Client.BuildImageAsync(query, write, auth, cancellationToken);
            image = await display.ShowAsync(response, cancellationToken);
        }
        catch (BuildFailedException e)
        {
            throw new CliException(display.ErrorText(e), display.ExitCode(e));
        }

        Finish(cli, image);
        return 0;
    }

    private async Task<BuildContext> ContextAsync(string argument, CancellationToken cancellationToken)
    {
        if (argument == "-")
        {
            return _file.Value == "-"
                ? throw new CliException("invalid argument: can't use stdin for both build context and dockerfile", 1)
                : await BuildContext.FromStreamAsync(InputFile.Open(""), _file, cancellationToken);
        }

        if (!Directory.Exists(argument) && GitAddress.IsGit(argument))
        {
            return await BuildContext.FromRepositoryAsync(argument, _file, InputFile.Open(""), cancellationToken);
        }

        return BuildContext.IsRemote(argument)
            ? new BuildContext(null, _file.Value.Length > 0 ? _file.Value : "Dockerfile", argument)
            : BuildContext.FromDirectory(argument, _file, InputFile.Open(""));
    }

    private static Func<Stream, CancellationToken, Task> Counted(Func<Stream, CancellationToken, Task> write, BuildDisplay display) => async (stream, token) =>
    {
        var counted = new CountingStream(stream, bytes => display.ContextSent(bytes, complete: false));
        await write(counted, token);
        display.ContextSent(counted.Count, complete: true);
    };

    private static Func<Stream, CancellationToken, Task> Compressed(Func<Stream, CancellationToken, Task> write) => async (stream, token) =>
    {
        await using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        await write(gzip, token);
    };

    private void Finish(Cli cli, string image)
    {
        if (_idFile.Value.Length > 0)
        {
            try
            {
                File.WriteAllText(_idFile, image);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException($"open {_idFile.Value}: {FileErrors.Describe(e)}", 1);
            }
        }

        if (_quiet.Value)
        {
            cli.Out.WriteLine(image);
        }
    }

    private static string CheckTag(string tag)
    {
        ImageReference.Parse(tag);
        return tag;
    }
}
