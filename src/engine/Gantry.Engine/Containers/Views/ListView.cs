using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Oci;

namespace Gantry.Engine.Containers.Views;

/// <summary>Containers as one list shows them.</summary>
/// <param name="linkNames">Names that other containers' links give.</param>
internal sealed class ListView(EngineCore core, InspectView inspect, ILookup<string, string> linkNames)
{
    /// <summary>Whether a name still means an image: many containers share both, and each look asks the database.</summary>
    private readonly Dictionary<(string Name, string ImageId), bool> _meanings = [];

    internal ContainerSummary Describe(ContainerRecord record, bool withSize)
    {
        var summary = new ContainerSummary
        {
            Id = record.Id,
            Names = ["/" + record.Name, .. linkNames[record.Id]],
            Image = ImageName(record),
            ImageID = record.ImageId,
            Command = Command(record),
            Created = record.Created.ToUnixTimeSeconds(),
            Ports = NetworkView.PortList(record, core.Parts.Networks),
            Labels = record.Config.Labels ?? [],
            State = record.State.Phase.Name(),
            Status = Status(record.State, DateTimeOffset.UtcNow),
            HostConfig = new ContainerSummaryHostConfig { NetworkMode = record.HostConfig.NetworkMode, Annotations = record.HostConfig.Annotations },
            NetworkSettings = new ContainerSummaryNetworkSettings { Networks = Brief(NetworkView.Endpoints(record, core.Parts.Networks))! },
            Mounts = inspect.Mounts(record),
        };
        if (withSize)
        {
            // A size of zero is left out, as Go's omitempty does.
            var own = core.Parts.Layers.Usage(record.Id).Bytes;
            summary.SizeRw = own == 0 ? null : own;
            summary.SizeRootFs = own + inspect.ImageSize(record);
        }

        return summary;
    }

    /// <summary>A list leaves out how an endpoint was asked for.</summary>
    private static Dictionary<string, EndpointSettings> Brief(Dictionary<string, EndpointSettings> endpoints) =>
        endpoints.ToDictionary(e => e.Key, e => e.Value with { Aliases = null, DNSNames = null, DriverOpts = null, Links = null });

    internal static string Status(ContainerStateRecord state, DateTimeOffset now)
    {
        string Ago(DateTimeOffset? then) => HumanDuration.Format(now - (then ?? now));
        return state.Phase switch
        {
            ContainerPhase.Running when state.Health is { } health =>
                $"Up {Ago(state.StartedAt)} ({(health.Status == HealthRecord.Starting ? "health: starting" : health.Status)})",
            ContainerPhase.Running => $"Up {Ago(state.StartedAt)}",
            ContainerPhase.Paused => $"Up {Ago(state.StartedAt)} (Paused)",
            ContainerPhase.Restarting => $"Restarting ({state.ExitCode}) {Ago(state.FinishedAt)} ago",
            ContainerPhase.Removing => "Removal In Progress",
            ContainerPhase.Dead => "Dead",
            ContainerPhase.Created => "Created",
            _ => $"Exited ({state.ExitCode}) {Ago(state.FinishedAt)} ago",
        };
    }

    private static string Command(ContainerRecord record) => record.Args.Count == 0
        ? record.Path
        : record.Path + " " + string.Join(' ', record.Args.Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"'{a}'" : a));

    /// <summary>The name it was made with, while that still means its image; the id otherwise.</summary>
    private string ImageName(ContainerRecord record)
    {
        var name = record.Config.Image ?? string.Empty;
        if (name.Length == 0 || record.ImageId.Length == 0 || record.ImageId.Contains(name, StringComparison.Ordinal))
        {
            return name;
        }

        if (!_meanings.TryGetValue((name, record.ImageId), out var meant))
        {
            meant = ImageReference.TryParse(name, out var reference)
                && Digest.TryParse(record.ImageId, out var image) && core.Parts.Images.Means(reference.WithDefaultTag(), image);
            _meanings.Add((name, record.ImageId), meant);
        }

        return meant ? name : record.ImageId;
    }
}
