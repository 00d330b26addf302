using Gantry.Api;
using Gantry.Oci;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>Rows of ps.</summary>
internal static class ContainerRows
{
    public const string Table = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";
    public const string TableWithSize = Table + "\t{{.Size}}";
    public const string Raw =
        "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\nstate: {{- pad .State 1 0}}\n"
        + "status: {{- pad .Status 1 0}}\nnames: {{.Names}}\nlabels: {{- pad .Labels 1 0}}\nports: {{- pad .Ports 1 0}}\n";

    private const int CommandWidth = 20;
    private const int MountWidth = 15;

    public static Columns<ContainerSummary> Columns(bool truncate) => new(
        "*formatter.ContainerContext",
        [
            new("ID", "CONTAINER ID", c => truncate ? Shorten.Id(c.Id) : c.Id),
            new("Names", "NAMES", c => Names(c, truncate)),
            new("Image", "IMAGE", c => Image(c, truncate)),
            new("Command", "COMMAND", c => Quoting.Quote(truncate ? Shorten.Ellipsis(c.Command ?? "", CommandWidth) : c.Command ?? "")),
            new("CreatedAt", "CREATED AT", c => Shorten.GoTime(DateTimeOffset.FromUnixTimeSeconds(c.Created ?? 0))),
            new("RunningFor", "CREATED", c => Shorten.Ago(DateTimeOffset.FromUnixTimeSeconds(c.Created ?? 0))),
            new("Ports", "PORTS", c => PortList.Format(c.Ports ?? [])),
            new("State", "STATE", c => c.State ?? ""),
            new("Status", "STATUS", c => c.Status ?? ""),
            new("Size", "SIZE", Size),
            new("Labels", "LABELS", c => Labels.Join(c.Labels)),
            new("Mounts", "MOUNTS", c => string.Join(',', (c.Mounts ?? []).Select(m => Mount(m, truncate)))),
            new("LocalVolumes", "LOCAL VOLUMES", c => (c.Mounts ?? []).Count(m => m.Driver == "local").ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new("Networks", "NETWORKS", c => string.Join(',', (c.NetworkSettings?.Networks?.Keys ?? Enumerable.Empty<string>()).Order(StringComparer.Ordinal))),
            new("Platform", "PLATFORM", _ => null),
        ],
        new Method<ContainerSummary>("Label", (c, name) => Labels.Get(c.Labels, name)));

    private static string Names(ContainerSummary container, bool truncate)
    {
        var names = (container.Names ?? []).Select(n => n.TrimStart('/'));
        return string.Join(',', truncate ? names.Where(n => !n.Contains('/', StringComparison.Ordinal)) : names);
    }

    private static string Image(ContainerSummary container, bool truncate)
    {
        var image = container.Image ?? "";
        if (image.Length == 0)
        {
            return "<no image>";
        }

        if (!truncate)
        {
            return image;
        }

        if (Shorten.Id(container.ImageID) == Shorten.Id(image))
        {
            return Shorten.Id(image);
        }

        return ImageReference.TryParse(image, out var reference) ? reference.Tag is null ? reference.FamiliarName : $"{reference.FamiliarName}:{reference.Tag}" : image;
    }

    private static string Size(ContainerSummary container)
    {
        var written = Sizes.Human(container.SizeRw ?? 0, 3);
        return container.SizeRootFs > 0 ? $"{written} (virtual {Sizes.Human(container.SizeRootFs.Value, 3)})" : written;
    }

    private static string Mount(MountPoint mount, bool truncate)
    {
        var name = string.IsNullOrEmpty(mount.Name) ? mount.Source ?? "" : mount.Name;
        return truncate ? Shorten.Ellipsis(name, MountWidth) : name;
    }
}
