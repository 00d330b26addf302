using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;
using Gantry.Apps.Cli.Streams;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker exec.</summary>
internal sealed class ExecCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _detach = flags.Bool("detach", "Detached mode: run command in the background", 'd');
    private readonly Flag<string> _detachKeys = flags.String("detach-keys", "Override the key sequence for detaching a container");
    private readonly ListFlag<string> _environment = flags.List("env", "Set environment variables", 'e', FlagChecks.EnvironmentVariable);
    private readonly ListFlag<string> _environmentFiles = flags.List("env-file", "Read in a file of environment variables");
    private readonly Flag<bool> _interactive = flags.Bool("interactive", "Keep STDIN open even if not attached", 'i');
    private readonly Flag<bool> _privileged = flags.Bool("privileged", "Give extended privileges to the command");
    private readonly Flag<bool> _tty = flags.Bool("tty", "Allocate a pseudo-TTY", 't');
    private readonly Flag<string> _user = flags.String("user", "Username or UID (format: \"<name|uid>[:<group|gid>]\")", 'u');
    private readonly Flag<string> _workingDirectory = flags.String("workdir", "Working directory inside the container", 'w');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var request = Request(cli, [.. arguments.Skip(1)]);
        var keys = DetachSequence.Of(cli, _detachKeys);
        if (request is { AttachStdin: true, Tty: true } && !cli.InputIsTerminal)
        {
            // Docker tells about a container that isn't there before it complains about the terminal.
            await cli.Client.InspectContainerAsync(arguments[0], cancellationToken);
            throw new CliException("the input device is not a TTY", 1);
        }

        // As docker: an unknown container is told as one, before anything of the exec is looked at.
        await cli.Client.InspectContainerRawAsync(arguments[0], size: false, cancellationToken);
        var exec = (await cli.Client.CreateExecAsync(arguments[0], request, cancellationToken)).Id
            ?? throw Errors.GantryException.DataCorrupt("exec ID empty");
        var start = new ExecStartRequest { Detach = _detach.Value, Tty = _tty.Value, ConsoleSize = request.ConsoleSize };
        if (_detach.Value)
        {
            await cli.Client.StartExecAsync(exec, start, cancellationToken);
            return 0;
        }

        return await AttachAsync(cli, exec, start, request.AttachStdin == true, keys, cancellationToken);
    }

    private async Task<int> AttachAsync(Cli cli, string exec, ExecStartRequest start, bool stdin, byte[] keys, CancellationToken cancellationToken)
    {
        using var attached = await cli.Client.AttachExecAsync(exec, start, cancellationToken);
        using var resizer = _tty.Value && cli.InputIsTerminal
            ? new TerminalResizer((rows, columns, token) => cli.Client.ResizeExecAsync(exec, rows, columns, token), cancellationToken)
            : null;
        var end = await new StdioPump(cli, attached, new PumpOptions(_tty, stdin, keys)).RunAsync(cancellationToken);
        if (end == PumpEnd.Detached)
        {
            throw new CliException("read escape sequence", 1);
        }

        return (int)((await cli.Client.InspectExecAsync(exec, cancellationToken)).ExitCode ?? 0);
    }

    private ExecCreateRequest Request(Cli cli, List<string> command)
    {
        var environment = _environmentFiles.Values.SelectMany(f => EnvironmentFiles.Read(f, Environment.GetEnvironmentVariable)).Concat(_environment.Values).ToList();
        var size = _tty.Value ? TerminalInfo.Size(TerminalInfo.StandardOutput) : null;
        return new ExecCreateRequest
        {
            User = _user.Value,
            Privileged = _privileged.Value,
            Tty = _tty.Value,
            ConsoleSize = size is var (rows, columns) ? [rows, columns] : null,
            Cmd = command,
            Env = environment.Count > 0 ? environment : null,
            WorkingDir = _workingDirectory.Value,
            AttachStdin = _interactive.Value && !_detach.Value,
            AttachStdout = !_detach.Value,
            AttachStderr = !_detach.Value,
            DetachKeys = DetachSequence.Text(cli, _detachKeys),
        };
    }
}
