using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;
using Gantry.Apps.Cli.Streams;
using Gantry.Client;
using Gantry.Errors;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker run: create (pulling where needed), attach, wait, start, in this order, so that no output and no exit is missed.</summary>
internal sealed class RunCommand(FlagSet flags) : Command
{
    private readonly ContainerFlags _container = new(flags);
    private readonly CreateFlags _create = new(flags, "running");
    private readonly Flag<bool> _detach = flags.Bool("detach", "Run container in background and print container ID", 'd');
    private readonly Flag<string> _detachKeys = flags.String("detach-keys", "Override the key sequence for detaching a container");
    private readonly Flag<bool> _signalProxy = flags.Bool("sig-proxy", "Proxy received signals to the process", value: true);

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var request = Prepare(cli, arguments);
        CheckTerminal(cli, request);
        var keys = DetachSequence.Of(cli, _detachKeys);
        string id;
        try
        {
            id = await new ContainerCreator(cli, _create, _container.IdFile).CreateAsync(request, cancellationToken);
        }
        catch (GantryException e)
        {
            throw RunErrors.Start(cli, e);
        }

        return _detach.Value
            ? await StartDetachedAsync(cli, id, cancellationToken)
            : await RunAttachedAsync(cli, id, request, keys, cancellationToken);
    }

    private ContainerCreateRequest Prepare(Cli cli, IReadOnlyList<string> arguments)
    {
        try
        {
            _create.Check();
            var request = ContainerRequests.Build(_container, arguments[0], [.. arguments.Skip(1)], cli);
            if (_detach.Value && _container.Attach.Values.Count > 0)
            {
                throw new CliException("conflicting options: cannot specify both --attach and --detach", 1);
            }

            if (_detach.Value)
            {
                (request.AttachStdin, request.AttachStdout, request.AttachStderr, request.StdinOnce) = (false, false, false, false);
            }

            return request;
        }
        catch (GantryException e) when (e.Kind is ErrorKind.InvalidArgument)
        {
            throw RunErrors.WithHelp(cli, e);
        }
    }

    private void CheckTerminal(Cli cli, ContainerCreateRequest request)
    {
        if (!_detach.Value && request is { Tty: true, AttachStdin: true } && !cli.InputIsTerminal)
        {
            throw new CliException("the input device is not a TTY", 1);
        }
    }

    private static async Task<int> StartDetachedAsync(Cli cli, string id, CancellationToken cancellationToken)
    {
        cli.Out.WriteLine(id);
        try
        {
            await cli.Client.StartContainerAsync(id, null, cancellationToken);
            return 0;
        }
        catch (GantryException e)
        {
            throw RunErrors.Start(cli, e);
        }
    }

    private async Task<int> RunAttachedAsync(Cli cli, string id, ContainerCreateRequest request, byte[] keys, CancellationToken cancellationToken)
    {
        var tty = request.Tty == true;
        using var proxy = _signalProxy.Value && !tty ? new SignalProxy(cli, (name, token) => cli.Client.KillContainerAsync(id, name, token), cancellationToken) : null;
        var options = new AttachOptions
        {
            Stdin = request.AttachStdin == true,
            Stdout = request.AttachStdout == true,
            Stderr = request.AttachStderr == true,
            DetachKeys = DetachSequence.Text(cli, _detachKeys),
        };
        using var attached = await cli.Client.AttachContainerAsync(id, options, cancellationToken);
        using var exit = await cli.Client.BeginWaitContainerAsync(id, _container.AutoRemove ? "removed" : "next-exit", cancellationToken);
        try
        {
            await cli.Client.StartContainerAsync(id, null, cancellationToken);
        }
        catch (GantryException e)
        {
            throw RunErrors.Start(cli, e);
        }

        using var resizer = tty && cli.OutIsTerminal
            ? new TerminalResizer((rows, columns, token) => cli.Client.ResizeContainerAsync(id, rows, columns, token), cancellationToken)
            : null;
        var end = await new StdioPump(cli, attached, new PumpOptions(tty, options.Stdin, keys)).RunAsync(cancellationToken);
        return end == PumpEnd.Detached ? 0 : await ContainerExit.CodeAsync(cli, exit, cancellationToken);
    }
}

/// <summary>What a finished wait means for our exit code.</summary>
internal static class ContainerExit
{
    private const int Unknown = 125;

    public static async Task<int> CodeAsync(Cli cli, ContainerWait exit, CancellationToken cancellationToken)
    {
        var result = await exit.ResultAsync(cancellationToken);
        if (result.Error is { Message: { Length: > 0 } message })
        {
            cli.Error.WriteLine($"Error waiting for container: {message}");
            return Unknown;
        }

        return (int)(result.StatusCode ?? 0);
    }
}

/// <summary>The detach keys: the flag's, the config file's, or ctrl-p,ctrl-q.</summary>
internal static class DetachSequence
{
    public static string? Text(Cli cli, Flag<string> flag) => flag.Value.Length > 0 ? flag.Value : cli.Config.DetachKeys;

    public static byte[] Of(Cli cli, Flag<string> flag)
    {
        var text = Text(cli, flag) ?? DetachKeys.Default;
        try
        {
            return DetachKeys.Parse(text);
        }
        catch (GantryException)
        {
            // The engine is sent the text, too, and refuses it in its own words.
            return DetachKeys.Parse(DetachKeys.Default);
        }
    }
}
