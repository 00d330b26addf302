using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker stop.</summary>
internal sealed class StopCommand(FlagSet flags) : Command
{
    private readonly StopFlags _stop = new(flags);

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.ParallelAsync(cli, arguments, c => cli.Client.StopContainerAsync(c, _stop.Signal, _stop.Timeout, cancellationToken), cancellationToken);
}

/// <summary>docker restart.</summary>
internal sealed class RestartCommand(FlagSet flags) : Command
{
    private readonly StopFlags _stop = new(flags);

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.ParallelAsync(cli, arguments, c => cli.Client.RestartContainerAsync(c, _stop.Signal, _stop.Timeout, cancellationToken), cancellationToken);
}

/// <summary>--signal and --timeout.</summary>
internal sealed class StopFlags(FlagSet flags)
{
    private readonly Flag<string> _signal = flags.String("signal", "Signal to send to the container", 's');
    private readonly Flag<long> _timeout = flags.Int("timeout", "Seconds to wait before killing the container", 't', bits: 32);
    private readonly Flag<long> _time = flags.Add(
        new Flag<long>("time", '\0', "int", "Seconds to wait before killing the container", 0, text => FlagValues.Integer(text, bits: 32))
        {
            IsHidden = true,
            Deprecated = "use --timeout instead",
        });

    public string? Signal => _signal.Value;

    public int? Timeout => _timeout.Changed ? (int)_timeout.Value : _time.Changed ? (int)_time.Value : null;
}

/// <summary>docker kill.</summary>
internal sealed class KillCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _signal = flags.String("signal", "Signal to send to the container", 's');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.ParallelAsync(cli, arguments, c => cli.Client.KillContainerAsync(c, _signal, cancellationToken), cancellationToken);
}

/// <summary>docker pause.</summary>
internal sealed class PauseCommand : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.ParallelAsync(cli, arguments, c => cli.Client.PauseContainerAsync(c, cancellationToken), cancellationToken);
}

/// <summary>docker unpause.</summary>
internal sealed class UnpauseCommand : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.ParallelAsync(cli, arguments, c => cli.Client.UnpauseContainerAsync(c, cancellationToken), cancellationToken);
}

/// <summary>docker rm.</summary>
internal sealed class RemoveCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force the removal of a running container (uses SIGKILL)", 'f');
    private readonly Flag<bool> _link = flags.Bool("link", "Remove the specified link", 'l');
    private readonly Flag<bool> _volumes = flags.Bool("volumes", "Remove anonymous volumes associated with the container", 'v');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.ParallelAsync(cli, arguments, c => RemoveAsync(cli, c, cancellationToken), cancellationToken, forgiveNotFound: _force);

    private Task RemoveAsync(Cli cli, string container, CancellationToken cancellationToken)
    {
        var name = container.Trim('/');
        return name.Length > 0
            ? cli.Client.RemoveContainerAsync(name, _force, _volumes, _link, cancellationToken)
            : throw GantryException.InvalidArgument("container name cannot be empty");
    }
}

/// <summary>docker rename.</summary>
internal sealed class RenameCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var (from, to) = (arguments[0].Trim(), arguments[1].Trim());
        if (from.Length == 0 || to.Length == 0)
        {
            throw new CliException("Error: Neither old nor new names may be empty", 1);
        }

        try
        {
            await cli.Client.RenameContainerAsync(from, to, cancellationToken);
        }
        catch (GantryException e)
        {
            cli.Error.WriteLine(e.Message);
            throw new CliException($"Error: failed to rename container named {from}", 1);
        }

        return 0;
    }
}

/// <summary>docker wait.</summary>
internal sealed class WaitCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        foreach (var container in arguments)
        {
            try
            {
                using var wait = await cli.Client.BeginWaitContainerAsync(container, null, cancellationToken);
                var result = await wait.ResultAsync(cancellationToken);
                if (result.Error is { Message: { Length: > 0 } message })
                {
                    failures.Add(message);
                }
                else
                {
                    cli.Out.WriteLine((result.StatusCode ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture));
                    cli.Out.Flush();
                }
            }
            catch (GantryException e)
            {
                failures.Add(e.Message);
            }
        }

        return failures.Count == 0 ? 0 : throw new CliException(string.Join('\n', failures), 1);
    }
}
