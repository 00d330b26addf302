using Gantry.Errors;

namespace Gantry.Apps.Cli.Inspecting;

/// <summary>Gets the JSON of one kind of object by name.</summary>
internal static class ObjectFinder
{
    /// <summary>In the order in which inspect without --type tries them.</summary>
    public static readonly string[] Kinds = ["container", "image", "network", "volume", "service", "task", "node", "plugin", "secret", "config"];

    private static readonly string[] s_swarmKinds = ["service", "task", "node", "secret", "config"];

    /// <exception cref="GantryException">NotFound, or whatever the engine says.</exception>
    public static async Task<Inspected> GetAsync(Cli cli, string kind, string name, bool size, CancellationToken cancellationToken)
    {
        var escaped = Uri.EscapeDataString(name);
        return kind switch
        {
            "container" => new("container.InspectResponse", await cli.Client.InspectContainerRawAsync(name, size, cancellationToken)),
            "image" => new("image.InspectResponse", await cli.Client.InspectImageRawAsync(name, null, cancellationToken)),
            "network" => new("network.Inspect", await cli.Client.InspectNetworkRawAsync(name, verbose: false, null, cancellationToken)),
            "volume" => new("volume.Volume", await cli.Client.InspectVolumeRawAsync(name, cancellationToken)),
            "plugin" => new("", await cli.Client.GetRawAsync($"/plugins/{escaped}/json", cancellationToken)),
            "service" => new("", await cli.Client.GetRawAsync($"/services/{escaped}?insertDefaults=true", cancellationToken)),
            _ => new("", await cli.Client.GetRawAsync($"/{kind}s/{escaped}", cancellationToken)),
        };
    }

    /// <summary>Tries every kind. An engine that is no swarm manager knows none of the swarm's objects.</summary>
    public static async Task<Inspected> FindAsync(Cli cli, string name, bool size, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw GantryException.InvalidArgument("invalid container name or ID: value is empty");
        }

        bool? isManager = null;
        foreach (var kind in Kinds)
        {
            if (Array.IndexOf(s_swarmKinds, kind) >= 0 && !(isManager ??= await IsManagerAsync(cli, cancellationToken)))
            {
                continue;
            }

            try
            {
                var found = await GetAsync(cli, kind, name, size, cancellationToken);
                if (size && kind != "container")
                {
                    cli.Error.WriteLine($"WARNING: --size ignored for {kind}s");
                }

                return found;
            }
            catch (GantryException e) when (IsElsewhere(e, kind))
            {
            }
        }

        throw GantryException.NotFound($"Error: No such object: {name}");
    }

    private static async Task<bool> IsManagerAsync(Cli cli, CancellationToken cancellationToken) =>
        (await cli.Client.SystemInfoAsync(cancellationToken)).Swarm?.ControlAvailable == true;

    private static bool IsElsewhere(GantryException e, string kind) =>
        e.Kind == ErrorKind.NotFound
        || (kind is "service" or "task" or "node" or "secret" or "config" && e.Kind is ErrorKind.Unavailable or ErrorKind.NotImplemented or ErrorKind.Internal)
        || (kind is "plugin" && e.Kind == ErrorKind.NotImplemented)

        // A name that can't be one of this kind may be one of another.
        || e.Kind == ErrorKind.InvalidArgument;
}
