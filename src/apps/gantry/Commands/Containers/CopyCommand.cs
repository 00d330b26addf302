using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Copying;
using Gantry.Client;
using Gantry.Terminal.Tty;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker cp.</summary>
internal sealed class CopyCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _archive = flags.Bool("archive", "Archive mode (copy all uid/gid information)", 'a');
    private readonly Flag<bool> _followLink = flags.Bool("follow-link", "Always follow symbol link in SRC_PATH", 'L');
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (arguments[0].Length == 0 || arguments[1].Length == 0)
        {
            throw new CliException(arguments[0].Length == 0 ? "source can not be empty" : "destination can not be empty", 1);
        }

        var (source, destination) = (CopyEnd.Parse(arguments[0]), CopyEnd.Parse(arguments[1]));
        switch (source.Container, destination.Container)
        {
            case (null, null):
                throw new CliException("must specify at least one container source", 1);
            case (not null, not null):
                throw new CliException("copying between containers is not supported", 1);
            case (not null, null):
                await FromContainerAsync(cli, source, destination, cancellationToken);
                return 0;
            default:
                await ToContainerAsync(cli, source, destination, cancellationToken);
                return 0;
        }
    }

    private async Task FromContainerAsync(Cli cli, CopyEnd source, CopyEnd destination, CancellationToken cancellationToken)
    {
        if (destination.IsStream && cli.OutIsTerminal)
        {
            throw new CliException("cannot output a tar archive to a terminal; use a file or a pipe", 1);
        }

        var target = destination.IsStream ? default : LocalTree.Destination(destination.Path);
        var path = source.Path;
        if (_followLink.Value)
        {
            var link = await cli.Client.TryStatPathAsync(source.Container!, path, cancellationToken);
            path = link is { IsSymlink: true } ? Combine(path, link.LinkTarget) : path;
        }

        var (archive, stat) = await cli.Client.GetArchiveAsync(source.Container!, path, cancellationToken);
        using (archive)
        {
            if (destination.IsStream)
            {
                await OutputFile.WriteAsync(cli, "", archive.Body, "", cancellationToken);
                return;
            }

            var counted = new CountingStream(archive.Body, Progress(cli, "Copying from container - "));
            await LocalTree.UnpackAsync(counted, Renamed(source.Path, path, stat, target), cancellationToken);
            Tell(cli, counted.Count, destination.Path.Length > 0 ? CopyPaths.Absolute(destination.Path) : "");
        }
    }

    /// <summary>A link that was followed arrives under its target's name and keeps the one it was asked for by.</summary>
    private static CopyPlan Renamed(string asked, string path, PathStat stat, CopyInfo target)
    {
        var plan = CopyPlan.Make(new CopyInfo(path, Exists: true, stat.IsDirectory), target);
        return asked == path || plan.NewName is not null ? plan : plan with { NewName = CopyPaths.Split(asked).Name };
    }

    private async Task ToContainerAsync(Cli cli, CopyEnd source, CopyEnd destination, CancellationToken cancellationToken)
    {
        var (container, path) = (destination.Container!, destination.Path);
        var target = await DestinationAsync(cli, container, path, cancellationToken);
        long size = 0;
        if (source.IsStream)
        {
            if (!target.IsDirectory)
            {
                throw new CliException($"destination \"{container}:{path}\" must be a directory", 1);
            }

            await using var input = InputFile.Open("");
            await cli.Client.PutArchiveAsync(
                container, target.Path, (stream, token) => input.CopyToAsync(stream, 128 << 10, token), noOverwriteDirNonDir: true, _archive, cancellationToken);
            return;
        }

        var info = LocalTree.Source(source.Path, _followLink);
        var plan = CopyPlan.Make(info, target);
        var report = Progress(cli, "Copying to container - ");
        await cli.Client.PutArchiveAsync(
            container,
            plan.Directory,
            async (stream, token) => size = await LocalTree.PackAsync(info, plan, _followLink, new CountingStream(stream, report), token),
            noOverwriteDirNonDir: true,
            _archive,
            cancellationToken);
        Tell(cli, size, $"{container}:{path}");
    }

    /// <summary>What the destination is; a link in the container is followed. What isn't there is told by the engine when it unpacks.</summary>
    private static async Task<CopyInfo> DestinationAsync(Cli cli, string container, string path, CancellationToken cancellationToken)
    {
        var stat = await cli.Client.TryStatPathAsync(container, path, cancellationToken);
        if (stat is { IsSymlink: true })
        {
            path = Combine(path, stat.LinkTarget);
            stat = await cli.Client.TryStatPathAsync(container, path, cancellationToken);
        }

        return new CopyInfo(path, stat is not null, stat is { IsDirectory: true });
    }

    private static string Combine(string link, string target) => target.StartsWith('/') ? target : $"{CopyPaths.Split(link).Directory.TrimEnd('/')}/{target}";

    /// <summary>Without a word on it, what goes on is told to a terminal only.</summary>
    private bool IsQuiet(Cli cli) => _quiet.Changed ? _quiet.Value : !cli.OutIsTerminal;

    private Action<long>? Progress(Cli cli, string what)
    {
        if (IsQuiet(cli) || !TerminalInfo.IsTerminal(TerminalInfo.StandardError))
        {
            return null;
        }

        var next = DateTimeOffset.UtcNow.AddMilliseconds(500);
        return bytes =>
        {
            if (DateTimeOffset.UtcNow >= next)
            {
                next = DateTimeOffset.UtcNow.AddMilliseconds(200);
                cli.Error.Write($"\r\u001b[2K{what}{Sizes.Human(bytes, 3)}");
                cli.Error.Flush();
            }
        };
    }

    private void Tell(Cli cli, long bytes, string where)
    {
        if (!IsQuiet(cli))
        {
            var clear = TerminalInfo.IsTerminal(TerminalInfo.StandardError) ? "\r\u001b[2K" : "";
            cli.Error.WriteLine($"{clear}Successfully copied {Sizes.Human(bytes, 3)} to {where}");
        }
    }
}
