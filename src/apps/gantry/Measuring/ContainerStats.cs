using System.Text.Json;

namespace Gantry.Apps.Cli.Measuring;

/// <summary>A container's latest figures. Memory, network and block I/O in bytes.</summary>
/// <param name="Container">The name it was asked for by.</param>
/// <param name="Measured">False until the first figures came, or when it has ended.</param>
/// <param name="Failure">Why there are no figures.</param>
internal sealed record ContainerStats(string Container, bool Measured = false, string? Failure = null)
{
    public string Name { get; init; } = "";

    public string Id { get; init; } = "";

    public double CpuPercent { get; init; }

    public double Memory { get; init; }

    public double MemoryLimit { get; init; }

    public double NetworkReceived { get; init; }

    public double NetworkSent { get; init; }

    public double BlockRead { get; init; }

    public double BlockWritten { get; init; }

    public ulong Processes { get; init; }

    public double MemoryPercent => MemoryLimit > 0 ? Memory / MemoryLimit * 100 : 0;

    /// <summary>Reads one value of /containers/ID/stats.</summary>
    public static ContainerStats FromJson(string container, JsonElement json)
    {
        var (read, written) = BlockIo(json);
        var (received, sent) = Network(json);
        var memory = Property(json, "memory_stats");
        return new ContainerStats(container, Measured: true)
        {
            Name = Text(json, "name").TrimStart('/'),
            Id = Text(json, "id"),
            CpuPercent = Cpu(json),
            Memory = UsedMemory(memory),
            MemoryLimit = Number(memory, "limit"),
            NetworkReceived = received,
            NetworkSent = sent,
            BlockRead = read,
            BlockWritten = written,
            Processes = (ulong)Number(Property(json, "pids_stats"), "current"),
        };
    }

    /// <summary>The share of one CPU since the measurement before, as the engine sends both.</summary>
    private static double Cpu(JsonElement json)
    {
        var (now, before) = (Property(json, "cpu_stats"), Property(json, "precpu_stats"));
        var used = Number(Property(now, "cpu_usage"), "total_usage") - Number(Property(before, "cpu_usage"), "total_usage");
        var passed = Number(now, "system_cpu_usage") - Number(before, "system_cpu_usage");
        var cpus = Number(now, "online_cpus");
        if (cpus == 0 && Property(Property(now, "cpu_usage"), "percpu_usage") is { ValueKind: JsonValueKind.Array } each)
        {
            cpus = each.GetArrayLength();
        }

        return used > 0 && passed > 0 ? used / passed * cpus * 100 : 0;
    }

    /// <summary>Usage without the page cache that the kernel can drop at once (cgroup v1: total_inactive_file, v2: inactive_file).</summary>
    private static double UsedMemory(JsonElement memory)
    {
        var usage = Number(memory, "usage");
        var details = Property(memory, "stats");
        foreach (var name in (ReadOnlySpan<string>)["total_inactive_file", "inactive_file"])
        {
            if (details.ValueKind == JsonValueKind.Object && details.TryGetProperty(name, out _) && Number(details, name) is var cache && cache < usage)
            {
                return usage - cache;
            }
        }

        return usage;
    }

    private static (double Read, double Written) BlockIo(JsonElement json)
    {
        var (read, written) = (0d, 0d);
        if (Property(Property(json, "blkio_stats"), "io_service_bytes_recursive") is { ValueKind: JsonValueKind.Array } entries)
        {
            foreach (var entry in entries.EnumerateArray())
            {
                var operation = Text(entry, "op");
                read += operation.StartsWith('r') || operation.StartsWith('R') ? Number(entry, "value") : 0;
                written += operation.StartsWith('w') || operation.StartsWith('W') ? Number(entry, "value") : 0;
            }
        }

        return (read, written);
    }

    private static (double Received, double Sent) Network(JsonElement json)
    {
        var (received, sent) = (0d, 0d);
        if (Property(json, "networks") is { ValueKind: JsonValueKind.Object } networks)
        {
            foreach (var network in networks.EnumerateObject())
            {
                received += Number(network.Value, "rx_bytes");
                sent += Number(network.Value, "tx_bytes");
            }
        }

        return (received, sent);
    }

    private static JsonElement Property(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    private static double Number(JsonElement json, string name) => Property(json, name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : 0;

    private static string Text(JsonElement json, string name) => Property(json, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";
}
