using Gantry.Apps.Cli.CommandLine;
using Gantry.Client.Api;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands;

/// <summary>"Are you sure?"</summary>
internal static class Confirm
{
    private const string Question = "Are you sure you want to continue? [y/N] ";

    /// <summary>Asks on stdout and reads a line from stdin; anything but y is no.</summary>
    public static bool Ask(Cli cli, string warning, string separator = "\n")
    {
        cli.Out.Write($"{warning}{separator}{Question}");
        cli.Out.Flush();
        return Console.In.ReadLine()?.Trim() is "y" or "Y";
    }
}

/// <summary>Filters and texts that the prune commands share.</summary>
internal static class Pruning
{
    /// <summary>The flag's filters and those of the config file's pruneFilters.</summary>
    public static Filters? Filters(FilterFlag flag) => flag.Filters.IsEmpty ? null : flag.Filters.Clone();

    public static void PrintReclaimed(Cli cli, long bytes) => cli.Out.WriteLine($"Total reclaimed space: {Sizes.Human(bytes)}");

    /// <summary>A heading and a line for each; nothing where there is none.</summary>
    public static void PrintDeleted(Cli cli, string heading, IReadOnlyCollection<string>? names)
    {
        if (names is not { Count: > 0 })
        {
            return;
        }

        cli.Out.WriteLine(heading);
        foreach (var name in names)
        {
            cli.Out.WriteLine(name);
        }

        cli.Out.WriteLine();
    }
}

/// <summary>docker container prune.</summary>
internal sealed class PruneContainersCommand(FlagSet flags) : Command
{
    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"until=<timestamp>\")", '\0');
    private readonly Flag<bool> _force = flags.Bool("force", "Do not prompt for confirmation", 'f');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (!_force.Value && !Confirm.Ask(cli, "WARNING! This will remove all stopped containers."))
        {
            return 0;
        }

        var result = await cli.Client.PruneContainersAsync(Pruning.Filters(_filter), cancellationToken);
        Pruning.PrintDeleted(cli, "Deleted Containers:", result.ContainersDeleted);
        Pruning.PrintReclaimed(cli, result.SpaceReclaimed ?? 0);
        return 0;
    }
}

/// <summary>docker image prune.</summary>
internal sealed class PruneImagesCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _all = flags.Bool("all", "Remove all unused images, not just dangling ones", 'a');
    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"until=<timestamp>\")", '\0');
    private readonly Flag<bool> _force = flags.Bool("force", "Do not prompt for confirmation", 'f');

    public static async Task<long> PruneAsync(Cli cli, bool all, Filters? filters, CancellationToken cancellationToken)
    {
        filters = (filters ?? new Filters()).Add("dangling", all ? "false" : "true");
        var result = await cli.Client.PruneImagesAsync(filters, cancellationToken);
        Pruning.PrintDeleted(cli, "Deleted Images:", [.. (result.ImagesDeleted ?? []).Select(i => string.IsNullOrEmpty(i.Untagged) ? $"deleted: {i.Deleted}" : $"untagged: {i.Untagged}")]);
        return result.SpaceReclaimed ?? 0;
    }

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var warning = _all.Value
            ? "WARNING! This will remove all images without at least one container associated to them."
            : "WARNING! This will remove all dangling images.";
        if (!_force.Value && !Confirm.Ask(cli, warning))
        {
            return 0;
        }

        Pruning.PrintReclaimed(cli, await PruneAsync(cli, _all, Pruning.Filters(_filter), cancellationToken));
        return 0;
    }
}

/// <summary>docker network prune.</summary>
internal sealed class PruneNetworksCommand(FlagSet flags) : Command
{
    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"until=<timestamp>\")", '\0');
    private readonly Flag<bool> _force = flags.Bool("force", "Do not prompt for confirmation", 'f');

    public static async Task PruneAsync(Cli cli, Filters? filters, CancellationToken cancellationToken) =>
        Pruning.PrintDeleted(cli, "Deleted Networks:", (await cli.Client.PruneNetworksAsync(filters, cancellationToken)).NetworksDeleted);

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_force.Value || Confirm.Ask(cli, "WARNING! This will remove all custom networks not used by at least one container."))
        {
            await PruneAsync(cli, Pruning.Filters(_filter), cancellationToken);
        }

        return 0;
    }
}

/// <summary>docker volume prune.</summary>
internal sealed class PruneVolumesCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _all = flags.Bool("all", "Remove all unused volumes, not just anonymous ones", 'a', since: "1.42");
    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"label=<label>\")", '\0');
    private readonly Flag<bool> _force = flags.Bool("force", "Do not prompt for confirmation", 'f');

    public static async Task<long> PruneAsync(Cli cli, bool all, Filters? filters, CancellationToken cancellationToken)
    {
        if (all)
        {
            filters = (filters ?? new Filters()).Add("all", "true");
        }

        var result = await cli.Client.PruneVolumesAsync(filters, cancellationToken);
        Pruning.PrintDeleted(cli, "Deleted Volumes:", result.VolumesDeleted);
        return result.SpaceReclaimed ?? 0;
    }

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var filters = Pruning.Filters(_filter);
        if (_all.Value && filters?.Contains("all") == true)
        {
            throw new CliException("conflicting options: cannot specify both --all and --filter all=1", 1);
        }

        var warning = _all.Value
            ? "WARNING! This will remove all local volumes not used by at least one container."
            : "WARNING! This will remove anonymous local volumes not used by at least one container.";
        if (!_force.Value && !Confirm.Ask(cli, warning))
        {
            return 0;
        }

        Pruning.PrintReclaimed(cli, await PruneAsync(cli, _all, filters, cancellationToken));
        return 0;
    }
}

/// <summary>docker builder prune.</summary>
internal sealed class PruneBuildCacheCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _all = flags.Bool("all", "Remove all unused build cache, not just dangling ones", 'a');
    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"until=24h\")", '\0');
    private readonly Flag<bool> _force = flags.Bool("force", "Do not prompt for confirmation", 'f');
    private readonly Flag<long> _keep = flags.Bytes("keep-storage", "Amount of disk space to keep for cache");

    public static async Task<long> PruneAsync(Cli cli, bool all, long? keep, Filters? filters, CancellationToken cancellationToken)
    {
        var result = await cli.Client.PruneBuildCacheAsync(all, keep, filters, cancellationToken);
        Pruning.PrintDeleted(cli, "Deleted build cache objects:", result.CachesDeleted);
        return result.SpaceReclaimed ?? 0;
    }

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var warning = _all.Value ? "WARNING! This will remove all build cache." : "WARNING! This will remove all dangling build cache.";
        if (!_force.Value && !Confirm.Ask(cli, warning, separator: " "))
        {
            return 0;
        }

        Pruning.PrintReclaimed(cli, await PruneAsync(cli, _all, _keep.Value != 0 ? _keep.Value : null, Pruning.Filters(_filter), cancellationToken));
        return 0;
    }
}
