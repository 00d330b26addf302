using System.Globalization;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Commands.Volumes;
using Gantry.Apps.Cli.Formatting;
using Gantry.Terminal.Templates;
using Gantry.Terminal.Units;
using Gantry.Terminal.Values;

namespace Gantry.Apps.Cli.Commands.Systems;

/// <summary>A line of system df. Sizes in bytes.</summary>
internal sealed record UsageRow(string Type, long Total, long Active, long Size, string Reclaimable, string GoType);

/// <summary>docker system df.</summary>
internal sealed class DiskUsageCommand(FlagSet flags) : Command
{
    private const string Table = "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";
    private const string CacheTable = "table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}";
    private const string ContainerTable = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}";

    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _verbose = flags.Bool("verbose", "Show detailed information on space usage", 'v');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var usage = await cli.Client.DiskUsageAsync(cancellationToken);
        if (_verbose.Value)
        {
            PrintVerbose(cli, usage);
        }
        else
        {
            foreach (var rows in (IEnumerable<UsageRow[]>)(RowWriter.IsTable(_format.Value) || _format.Value.Length == 0 ? [[.. Rows(usage)]] : Rows(usage).Select(r => new[] { r })))
            {
                RowWriter.Write(cli.Out, _format.Value is "" or "table" ? Table : _format.Value, Columns(rows[0].GoType), rows);
            }
        }

        return 0;
    }

    private static IEnumerable<UsageRow> Rows(SystemDataUsageResponse usage)
    {
        var images = usage.Images ?? [];
        var activeImages = images.Where(i => i.Containers is > 0).ToList();
        var used = activeImages.Where(i => i.Size is not -1 && i.SharedSize is not -1).Sum(i => (i.Size ?? 0) - (i.SharedSize ?? 0));
        yield return Row("Images", "*formatter.diskUsageImagesContext", images.Count, activeImages.Count, usage.LayersSize ?? 0, (usage.LayersSize ?? 0) - used);

        var containers = usage.Containers ?? [];
        var active = containers.Count(IsActive);
        yield return Row(
            "Containers", "*formatter.diskUsageContainersContext", containers.Count, active, containers.Sum(c => c.SizeRw ?? 0), containers.Where(c => !IsActive(c)).Sum(c => c.SizeRw ?? 0));

        var volumes = usage.Volumes ?? [];
        var sizes = volumes.Where(v => v.UsageData?.Size is not (null or -1)).ToList();
        yield return Row(
            "Local Volumes", "*formatter.diskUsageVolumesContext", volumes.Count, volumes.Count(v => v.UsageData?.RefCount > 0), sizes.Sum(v => v.UsageData!.Size ?? 0),
            sizes.Where(v => v.UsageData!.RefCount == 0).Sum(v => v.UsageData!.Size ?? 0));

        var cache = usage.BuildCache ?? [];
        var total = cache.Where(c => c.Shared != true).Sum(c => c.Size ?? 0);
        var inUse = cache.Where(c => c.InUse == true && c.Shared != true).Sum(c => c.Size ?? 0);
        yield return Row("Build Cache", "*formatter.diskUsageBuilderContext", cache.Count, cache.Count(c => c.InUse == true), total, total - inUse, percent: false);
    }

    private static bool IsActive(ContainerSummary container) => container.State is "running" or "paused" or "restarting";

    private static UsageRow Row(string type, string goType, int count, int active, long size, long reclaimable, bool percent = true)
    {
        var text = Sizes.Human(reclaimable);
        return new UsageRow(
            type, count, active, size, percent && size > 0 ? string.Create(CultureInfo.InvariantCulture, $"{text} ({reclaimable * 100 / size}%)") : text, goType);
    }

    private static Columns<UsageRow> Columns(string goType) => new(
        goType,
        [
            new("Type", "TYPE", r => r.Type),
            new("TotalCount", "TOTAL", r => r.Total.ToString(CultureInfo.InvariantCulture)),
            new("Active", "ACTIVE", r => r.Active.ToString(CultureInfo.InvariantCulture)),
            new("Size", "SIZE", r => Sizes.Human(r.Size)),
            new("Reclaimable", "RECLAIMABLE", r => r.Reclaimable),
        ]);

    private void PrintVerbose(Cli cli, SystemDataUsageResponse usage)
    {
        var images = ImageRows.First(usage.Images ?? []).ToList();
        if (_format.Value is not ("" or "table"))
        {
            PrintFormatted(cli, usage, images);
            return;
        }

        cli.Out.Write("Images space usage:\n\n");
        RowWriter.Write(cli.Out, ImageRows.UsageTable, ImageRows.Columns(truncate: true), images);
        cli.Out.Write("\nContainers space usage:\n\n");
        RowWriter.Write(cli.Out, ContainerTable, SizedContainers(), usage.Containers ?? []);
        cli.Out.Write("\nLocal Volumes space usage:\n\n");
        RowWriter.Write(cli.Out, VolumeRows.UsageTable, VolumeRows.Columns, usage.Volumes ?? []);
        var cache = usage.BuildCache ?? [];
        cli.Out.Write($"\nBuild cache usage: {Sizes.Human(cache.Where(c => c.Shared != true).Sum(c => c.Size ?? 0))}\n\n");
        RowWriter.Write(cli.Out, CacheTable, CacheColumns(), cache);
    }

    /// <summary>One object for the whole answer, with a list for each kind.</summary>
    private void PrintFormatted(Cli cli, SystemDataUsageResponse usage, List<ImageRow> images)
    {
        var root = new GoMap
        {
            ["Images"] = List(ImageRows.Columns(truncate: false), images),
            ["Containers"] = List(SizedContainers(truncate: false), usage.Containers ?? []),
            ["Volumes"] = List(VolumeRows.Columns, usage.Volumes ?? []),
            ["BuildCache"] = List(CacheColumns(truncate: false), usage.BuildCache ?? []),
        };
        cli.Out.Write(Template.Parse(_format.Value == "json" ? "{{json .}}" : _format.Value).Execute(root));
    }

    private static GoList List<T>(Columns<T> columns, IEnumerable<T> items) => new([.. items.Select(i => (object?)new Row<T>(columns, i))], elementType: columns.TypeName);

    /// <summary>Here a container's size is what it wrote, without the image's.</summary>
    private static Columns<ContainerSummary> SizedContainers(bool truncate = true)
    {
        var columns = ContainerRows.Columns(truncate);
        return new Columns<ContainerSummary>(
            columns.TypeName, [.. columns.All.Select(c => c.Name == "Size" ? c with { Value = s => Sizes.Human(s.SizeRw ?? 0, 3) } : c)]);
    }

    private static Columns<BuildCache> CacheColumns(bool truncate = true) => new(
        "*formatter.buildCacheContext",
        [
            new("ID", "CACHE ID", c => (truncate ? Shorten.Id(c.ID) : c.ID) + (c.InUse == true ? "*" : "")),
            new("CacheType", "CACHE TYPE", c => c.Type ?? ""),
            new("Size", "SIZE", c => Sizes.Human(c.Size ?? 0, 3)),
            new("CreatedSince", "CREATED", c => Since(c.CreatedAt)),
            new("LastUsedSince", "LAST USED", c => Since(c.LastUsedAt)),
            new("UsageCount", "USAGE", c => (c.UsageCount ?? 0).ToString(CultureInfo.InvariantCulture)),
            new("Shared", "SHARED", c => c.Shared == true ? "true" : "false"),
        ]);

    private static string Since(string? time) => GoTime.TryParse(time, out var parsed) && time != GoTime.Zero ? Shorten.Ago(parsed) : "";
}
