using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Streams;
using Gantry.Client;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker start.</summary>
internal sealed class StartCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _attach = flags.Bool("attach", "Attach STDOUT/STDERR and forward signals", 'a');
    private readonly Flag<string> _checkpoint = flags.Experimental(flags.String("checkpoint", "Restore from this checkpoint"));
    private readonly Flag<string> _checkpointFolder = flags.Experimental(flags.String("checkpoint-dir", "Use a custom checkpoint storage directory"));
    private readonly Flag<string> _detachKeys = flags.String("detach-keys", "Override the key sequence for detaching a container");
    private readonly Flag<bool> _interactive = flags.Bool("interactive", "Attach container's STDIN", 'i');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (!_attach.Value && !_interactive.Value)
        {
            return _checkpoint.Value.Length > 0 ? RestoreAsync(cli, arguments, cancellationToken) : StartAllAsync(cli, arguments, cancellationToken);
        }

        return arguments.Count == 1
            ? StartAttachedAsync(cli, arguments[0], cancellationToken)
            : throw new CliException("you cannot start and attach multiple containers at once", 1);
    }

    /// <summary>Says nothing when all is well, as docker's does.</summary>
    private async Task<int> RestoreAsync(Cli cli, IReadOnlyList<string> containers, CancellationToken cancellationToken)
    {
        if (containers.Count > 1)
        {
            throw new CliException("you cannot restore multiple containers at once", 1);
        }

        await cli.Client.StartContainerAsync(containers[0], null, cancellationToken, _checkpoint.Value, _checkpointFolder.Value);
        return 0;
    }

    private static async Task<int> StartAllAsync(Cli cli, IReadOnlyList<string> containers, CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        foreach (var container in containers)
        {
            try
            {
                await cli.Client.StartContainerAsync(container, null, cancellationToken);
                cli.Out.WriteLine(container);
            }
            catch (GantryException e)
            {
                cli.Error.WriteLine(e.Message);
                failed.Add(container);
            }
        }

        return failed.Count == 0 ? 0 : throw new CliException($"Error: failed to start containers: {string.Join(", ", failed)}", 1);
    }

    private async Task<int> StartAttachedAsync(Cli cli, string name, CancellationToken cancellationToken)
    {
        var container = await cli.Client.InspectContainerAsync(name, cancellationToken);
        var (id, tty) = (container.Id ?? name, container.Config?.Tty == true);
        using var proxy = tty ? null : new SignalProxy(cli, (signal, token) => cli.Client.KillContainerAsync(id, signal, token), cancellationToken);
        var options = new AttachOptions
        {
            Stdin = _interactive.Value && container.Config?.OpenStdin == true,
            Stdout = true,
            Stderr = true,
            DetachKeys = DetachSequence.Text(cli, _detachKeys),
        };
        var keys = DetachSequence.Of(cli, _detachKeys);
        using var attached = await cli.Client.AttachContainerAsync(id, options, cancellationToken);
        using var exit = await cli.Client.BeginWaitContainerAsync(id, container.HostConfig?.AutoRemove == true ? "removed" : "next-exit", cancellationToken);
        await cli.Client.StartContainerAsync(id, null, cancellationToken, _checkpoint.Value, _checkpointFolder.Value);
        using var resizer = tty && cli.OutIsTerminal
            ? new TerminalResizer((rows, columns, token) => cli.Client.ResizeContainerAsync(id, rows, columns, token), cancellationToken)
            : null;
        var end = await new StdioPump(cli, attached, new PumpOptions(tty, options.Stdin, keys)).RunAsync(cancellationToken);
        return end == PumpEnd.Detached ? 0 : await ContainerExit.CodeAsync(cli, exit, cancellationToken);
    }
}
