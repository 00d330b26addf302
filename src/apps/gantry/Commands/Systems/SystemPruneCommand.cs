using System.Text;
using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Commands.Systems;

/// <summary>docker system prune.</summary>
internal sealed class SystemPruneCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _all = flags.Bool("all", "Remove all unused images not just dangling ones", 'a');
    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"label=<key>=<value>\")", '\0');
    private readonly Flag<bool> _force = flags.Bool("force", "Do not prompt for confirmation", 'f');
    private readonly Flag<bool> _volumes = flags.Bool("volumes", "Prune anonymous volumes");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var filters = Pruning.Filters(_filter);
        if (_volumes.Value && filters?.Contains("until") == true)
        {
            throw new CliException("ERROR: The \"until\" filter is not supported with \"--volumes\"", 1);
        }

        if (!_force.Value && !Confirm.Ask(cli, Warning()))
        {
            return 0;
        }

        var reclaimed = await PruneContainersAsync(cli, cancellationToken);
        await PruneNetworksCommand.PruneAsync(cli, Pruning.Filters(_filter), cancellationToken);
        if (_volumes.Value)
        {
            reclaimed += await PruneVolumesCommand.PruneAsync(cli, all: false, Pruning.Filters(_filter), cancellationToken);
        }

        reclaimed += await PruneImagesCommand.PruneAsync(cli, _all, Pruning.Filters(_filter), cancellationToken);

        // The build cache knows no labels; with a label filter docker leaves it alone.
        if (filters?.Contains("label") != true && filters?.Contains("label!") != true)
        {
            reclaimed += await PruneBuildCacheCommand.PruneAsync(cli, _all, null, Pruning.Filters(_filter), cancellationToken);
        }

        Pruning.PrintReclaimed(cli, reclaimed);
        return 0;
    }

    private async Task<long> PruneContainersAsync(Cli cli, CancellationToken cancellationToken)
    {
        var result = await cli.Client.PruneContainersAsync(Pruning.Filters(_filter), cancellationToken);
        Pruning.PrintDeleted(cli, "Deleted Containers:", result.ContainersDeleted);
        return result.SpaceReclaimed ?? 0;
    }

    private string Warning()
    {
        var text = new StringBuilder("WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n");
        text.Append(_volumes.Value ? "  - all anonymous volumes not used by at least one container\n" : "")
            .Append(_all.Value ? "  - all images without at least one container associated to them\n  - all build cache\n" : "  - all dangling images\n  - unused build cache\n");
        var filters = _filter.Filters;
        if (!filters.IsEmpty)
        {
            text.Append("\n  Items to be pruned will be filtered with:\n");
            foreach (var name in filters.Names)
            {
                text.AppendJoin("", filters.Get(name).Select(value => $"  - {name}={value}\n"));
            }
        }

        return text.ToString();
    }
}

/// <summary>docker system dial-stdio: copies between our stdio and the engine's socket; the other end of ssh:// hosts.</summary>
internal sealed class DialStdioCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var target = Engine.EngineTarget.Resolve(cli);
        await using var connection = await Engine.EngineStarter.Wrap(target).ConnectAsync(cancellationToken);
        await using var input = InputFile.Open("");

        // Our input may outlast the connection: the process ends with the engine's side.
        _ = UploadAsync(input, connection, cancellationToken);
        var buffer = new byte[32 * 1024];
        while (await connection.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            cli.Out.WriteBytes(buffer.AsSpan(0, read));
        }

        return 0;
    }

    private static async Task UploadAsync(Stream input, Client.Transports.DuplexStream connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        while (await Task.Run(() => input.Read(buffer), cancellationToken) is var read and > 0)
        {
            await connection.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        await connection.CloseWriteAsync(cancellationToken);
    }
}
