using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Running;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands.Volumes;

/// <summary>Rows of volumes.</summary>
internal static class VolumeRows
{
    public const string Table = "table {{.Driver}}\t{{.Name}}";
    public const string UsageTable = "table {{.Name}}\t{{.Links}}\t{{.Size}}";

    private const string Unknown = "N/A";

    public static Columns<Volume> Columns { get; } = new(
        "*formatter.volumeContext",
        [
            new("Name", "VOLUME NAME", v => v.Name ?? ""),
            new("Driver", "DRIVER", v => v.Driver ?? ""),
            new("Scope", "SCOPE", v => v.Scope ?? ""),
            new("Mountpoint", "MOUNTPOINT", v => v.Mountpoint ?? ""),
            new("Labels", "LABELS", v => Labels.Join(v.Labels)),
            new("Links", "LINKS", v => v.UsageData?.RefCount is { } count ? count.ToString(System.Globalization.CultureInfo.InvariantCulture) : Unknown),
            new("Size", "SIZE", v => v.UsageData?.Size is { } size ? Sizes.Human(size) : Unknown),
            new("Group", "GROUP", _ => Unknown),
            new("Availability", "AVAILABILITY", _ => Unknown),
            new("Status", "STATUS", _ => Unknown),
        ],
        new Method<Volume>("Label", (v, name) => Labels.Get(v.Labels, name)));
}

/// <summary>docker volume ls.</summary>
internal sealed class ListVolumesCommand(FlagSet flags) : Command
{
    private const string ClusterTable = "table {{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}";

    private readonly Flag<bool> _cluster = flags.OnlyInSwarm("manager", flags.Bool("cluster", "Display only cluster volumes, and use cluster volume list formatting", since: "1.42"));
    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"dangling=true\")");
    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only display volume names", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var volumes = (await cli.Client.ListVolumesAsync(_filter.Filters.IsEmpty ? null : _filter.Filters, cancellationToken)).Volumes ?? [];
        if (_cluster.Value)
        {
            // Only volumes of a swarm have these columns.
            volumes = volumes.FindAll(v => v.ClusterVolume is not null);
            RowWriter.Write(cli.Out, _format.Value.Length > 0 ? _format.Value : ClusterTable, VolumeRows.Columns, volumes.OrderBy(v => v.Name, NaturalOrder.Instance));
            return 0;
        }

        var given = _format.Value.Length > 0 ? _format.Value : _quiet.Value ? "" : cli.Config.Text("volumesFormat") ?? "";
        var format = given switch
        {
            "" or "table" => _quiet.Value ? "{{.Name}}" : VolumeRows.Table,
            "raw" => _quiet.Value ? "name: {{.Name}}" : "name: {{.Name}}\ndriver: {{.Driver}}\n",
            _ => given,
        };
        RowWriter.Write(cli.Out, format, VolumeRows.Columns, volumes.OrderBy(v => v.Name, NaturalOrder.Instance));
        return 0;
    }
}

/// <summary>docker volume create.</summary>
internal sealed class CreateVolumeCommand : Command
{
    private readonly Flag<string> _driver;
    private readonly ListFlag<string> _labels;
    private readonly Flag<string> _name;
    private readonly ListFlag<KeyValuePair<string, string>> _options;
    private readonly List<Flag> _cluster;

    public CreateVolumeCommand(FlagSet flags)
    {
        _driver = flags.String("driver", "Specify volume driver name", 'd', "local");
        _labels = flags.List("label", "Set metadata for a volume", check: FlagChecks.Label);
        _name = flags.String("name", "Specify volume name", hidden: true);
        _options = flags.Map("opt", "Set driver specific options", 'o');
        _cluster = ClusterVolumeFlags.Add(flags);
    }

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_cluster.Find(f => f.Changed) is { } cluster)
        {
            await cli.Client.GetRawAsync("/swarm", cancellationToken);
            throw new CliException($"--{cluster.Name} is not implemented yet: cluster volumes can't be made", 1);
        }

        if (arguments.Count > 0 && _name.Value.Length > 0)
        {
            throw new CliException("conflicting options: cannot specify a volume-name through both --name and as a positional arg", 1);
        }

        var options = new VolumeCreateOptions
        {
            Name = arguments.Count > 0 ? arguments[0] : _name.Value,
            Driver = _driver,
            DriverOpts = Map(_options.Values),
            Labels = Map(_labels.Values.Select(FlagValues.Pair)),
        };
        cli.Out.WriteLine((await cli.Client.CreateVolumeAsync(options, cancellationToken)).Name ?? "");
        return 0;
    }

    private static Dictionary<string, string> Map(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            map[key] = value;
        }

        return map;
    }
}

/// <summary>docker volume rm.</summary>
internal sealed class RemoveVolumesCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force the removal of one or more volumes", 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.InTurnAsync(cli, arguments, volume => cli.Client.RemoveVolumeAsync(volume, _force, cancellationToken));
}
