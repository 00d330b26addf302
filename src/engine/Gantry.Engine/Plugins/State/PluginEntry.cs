using Gantry.Engine.Containers.State;
using Gantry.Runtime;

namespace Gantry.Engine.Plugins.State;

/// <summary>A plugin in memory: its record, and what runs of it.</summary>
internal sealed class PluginEntry(PluginRecord record)
{
    private PluginRecord _record = record;

    /// <summary>Read without a lock; changed under <see cref="Gate"/>.</summary>
    internal PluginRecord Record
    {
        get => Volatile.Read(ref _record);
        set => Volatile.Write(ref _record, value);
    }

    /// <summary>Held by whoever starts, stops or changes it.</summary>
    internal AsyncLock Gate { get; } = new();

    /// <summary>Completes when the process has ended; null while there is none.</summary>
    internal TaskCompletionSource<TaskExit>? Ended { get; set; }

    /// <summary>Starts that failed or ended soon, one after the other.</summary>
    internal int Failures { get; set; }

    /// <summary>When it was started last.</summary>
    internal DateTimeOffset StartedAt { get; set; }

    /// <summary>It was removed; whoever waited for the gate finds nothing to do.</summary>
    internal bool IsGone { get; set; }
}
