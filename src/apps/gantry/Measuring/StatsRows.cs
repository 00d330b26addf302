using System.Globalization;
using Gantry.Apps.Cli.Formatting;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Measuring;

/// <summary>Rows of stats.</summary>
internal static class StatsRows
{
    public const string Table = "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";
    public const string Raw = "container_id: {{.ID}}\nname: {{.Name}}\ncpu_percent: {{.CPUPerc}}\nmem_usage: {{.MemUsage}}\nmem_percent: {{.MemPerc}}\nnet_io: {{.NetIO}}\nblock_io: {{.BlockIO}}\npids: {{.PIDs}}";

    private const string Unknown = "--";

    public static Columns<ContainerStats> Columns(bool truncate) => new(
        "*container.statsContext",
        [
            new("Container", "CONTAINER", s => s.Container),
            new("Name", "NAME", s => s.Name.Length > 0 ? s.Name : Unknown),
            new("ID", "CONTAINER ID", s => truncate ? Shorten.Id(s.Id) : s.Id),
            new("CPUPerc", "CPU %", s => s.Measured ? Percent(s.CpuPercent) : Unknown),
            new("MemUsage", "MEM USAGE / LIMIT", s => s.Measured ? $"{Sizes.Binary(s.Memory)} / {Sizes.Binary(s.MemoryLimit)}" : $"{Unknown} / {Unknown}"),
            new("MemPerc", "MEM %", s => s.Measured ? Percent(s.MemoryPercent) : Unknown),
            new("NetIO", "NET I/O", s => s.Measured ? $"{Sizes.Human(s.NetworkReceived, 3)} / {Sizes.Human(s.NetworkSent, 3)}" : Unknown),
            new("BlockIO", "BLOCK I/O", s => s.Measured ? $"{Sizes.Human(s.BlockRead, 3)} / {Sizes.Human(s.BlockWritten, 3)}" : Unknown),
            new("PIDs", "PIDS", s => s.Measured ? s.Processes.ToString(CultureInfo.InvariantCulture) : Unknown),
        ]);

    private static string Percent(double value) => value.ToString("F2", CultureInfo.InvariantCulture) + "%";
}
