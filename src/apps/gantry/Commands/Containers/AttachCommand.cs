using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Streams;
using Gantry.Client;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker attach.</summary>
internal sealed class AttachCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _detachKeys = flags.String("detach-keys", "Override the key sequence for detaching a container");
    private readonly Flag<bool> _noStdin = flags.Bool("no-stdin", "Do not attach STDIN");
    private readonly Flag<bool> _signalProxy = flags.Bool("sig-proxy", "Proxy all received signals to the process", value: true);

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var container = await cli.Client.InspectContainerAsync(arguments[0], cancellationToken);
        CheckState(container.State);
        var (id, tty) = (container.Id ?? arguments[0], container.Config?.Tty == true);
        var stdin = !_noStdin.Value && container.Config?.OpenStdin == true;
        if (stdin && tty && !cli.InputIsTerminal)
        {
            throw new CliException("the input device is not a TTY", 1);
        }

        var keys = DetachSequence.Of(cli, _detachKeys);
        using var exit = await cli.Client.BeginWaitContainerAsync(id, null, cancellationToken);
        using var proxy = _signalProxy.Value && !tty ? new SignalProxy(cli, (name, token) => cli.Client.KillContainerAsync(id, name, token), cancellationToken) : null;
        var options = new AttachOptions { Stdin = stdin, Stdout = true, Stderr = true, DetachKeys = DetachSequence.Text(cli, _detachKeys) };
        using var attached = await cli.Client.AttachContainerAsync(id, options, cancellationToken);
        using var resizer = tty && cli.OutIsTerminal
            ? new TerminalResizer((rows, columns, token) => cli.Client.ResizeContainerAsync(id, rows, columns, token), cancellationToken)
            : null;
        var end = await new StdioPump(cli, attached, new PumpOptions(tty, stdin, keys)).RunAsync(cancellationToken);
        return end == PumpEnd.Detached ? throw new CliException("read escape sequence", 1) : await ContainerExit.CodeAsync(cli, exit, cancellationToken);
    }

    private static void CheckState(Api.ContainerState? state)
    {
        var complaint = state switch
        {
            { Running: not true } => "You cannot attach to a stopped container, start it first",
            { Paused: true } => "You cannot attach to a paused container, unpause it first",
            { Restarting: true } => "You cannot attach to a restarting container, wait until it is running",
            _ => null,
        };
        if (complaint is not null)
        {
            throw new CliException(complaint, 1);
        }
    }
}
