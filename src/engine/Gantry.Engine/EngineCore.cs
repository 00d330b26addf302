using Gantry.Engine.Containers;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Daemon;
using Gantry.Engine.Diagnostics;
using Gantry.Engine.Events;
using Gantry.Engine.Settings;
using Gantry.Errors;
using Gantry.Metadata;
using Gantry.Runtime.Spec;

namespace Gantry.Engine;

/// <summary>What every flow of the engine works on.</summary>
internal sealed class EngineCore
{
    internal EngineCore(EngineSettings settings, EngineParts parts, EngineLog log)
    {
        Settings = settings;
        Parts = parts;
        Log = log;
        Paths = new EnginePaths(settings);
        Records = new RecordTable<ContainerRecord>(parts.Database, "containers", EngineJson.Default.ContainerRecord);
    }

    /// <summary>Replaced as a whole when the configuration is read again.</summary>
    internal EngineSettings Settings { get; set; }

    internal EngineParts Parts { get; }

    internal EngineLog Log { get; }

    internal EnginePaths Paths { get; }

    /// <summary>What this host offers, probed at the start.</summary>
    internal HostFacts Host { get; } = HostFacts.Probe();

    internal KnownRuntimes Runtimes { get; } = new();

    internal EventBus Events { get; } = new();

    internal EngineMetrics Metrics { get; } = new();

    internal ContainerIndex Containers { get; } = new();

    internal RecordTable<ContainerRecord> Records { get; }

    /// <summary>Fires when the engine shuts down.</summary>
    internal CancellationTokenSource Stopping { get; } = new();

    /// <summary>Changes a container's record, in memory and on disk. The caller holds the container's gate.</summary>
    internal ContainerRecord Update(Container container, Func<ContainerRecord, ContainerRecord> change, Durability durability = Durability.Relaxed)
    {
        var record = change(container.Record);
        Records.Put(record.Id, record, durability);
        container.Set(record);
        return record;
    }

    /// <summary>
    /// Changes a container's state: what has happened counts, whether it can be written or not. A disk without space is told of and written to
    /// with the next change; should the engine be killed before, the next one finds out from the monitor. The caller holds the container's gate.
    /// </summary>
    internal ContainerRecord UpdateState(Container container, Func<ContainerStateRecord, ContainerStateRecord> change)
    {
        var record = container.Record with { State = change(container.State) };
        try
        {
            Records.Put(record.Id, record, Durability.Relaxed, mayUseReserve: true);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.ResourceExhausted)
        {
            Log.Warn("a container's state could not be saved", ("container", record.Id), ("error", e.Message));
        }

        container.Set(record);
        return record;
    }

    /// <summary>Publishes a container event with the attributes Docker gives all of them: image, name and labels.</summary>
    internal void Publish(Container container, string action, params ReadOnlySpan<(string Key, string Value)> attributes)
    {
        var record = container.Record;
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in record.Config.Labels ?? [])
        {
            all[key] = value;
        }

        if (!string.IsNullOrEmpty(record.Config.Image))
        {
            all["image"] = record.Config.Image;
        }

        all["name"] = record.Name;
        foreach (var (key, value) in attributes)
        {
            all[key] = value;
        }

        Events.Publish("container", action, record.Id, all);
    }
}
