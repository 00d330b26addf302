using System.Collections.Concurrent;
using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.Logs;
using Gantry.Engine.Containers.State;

namespace Gantry.Engine.Containers;

/// <summary>
/// A container in memory: its current record and what only matters while the engine runs. Readers take <see cref="Record"/> without a lock;
/// whoever changes something holds <see cref="Gate"/>.
/// </summary>
internal sealed class Container(ContainerRecord record)
{
    private volatile ContainerRecord _record = record;

    internal ContainerRecord Record => _record;

    internal string Id { get; } = record.Id;

    internal string Name => _record.Name;

    internal ContainerStateRecord State => _record.State;

    /// <summary>Held over every change of state, not while waiting for a process to end.</summary>
    internal AsyncLock Gate { get; } = new();

    internal ContainerWaiters Waiters { get; } = new();

    /// <summary>Ids of execs that run.</summary>
    internal ConcurrentDictionary<string, byte> Execs { get; } = new();

    /// <summary>Its health checks; null when it isn't probed. Changed under the gate.</summary>
    internal Probing? Probing { get; set; }

    /// <summary>Its log on the way to a log server; null when it has none. Changed under the gate.</summary>
    internal Shipping? Shipping { get; set; }

    /// <summary>The last wait of the restart policy.</summary>
    internal TimeSpan RestartDelay { get; set; }

    /// <summary>Set by whoever is removing it, once.</summary>
    internal bool IsRemoving => Volatile.Read(ref _removing) != 0;

    /// <summary>A client's restart is between stop and start: an exit neither removes it nor lets the policy act.</summary>
    internal bool Restarting { get; set; }

    /// <summary>It has mounts, volumes, a sandbox or a task that are to be given back. Changed under the gate.</summary>
    internal bool HoldsResources { get; set; }

    private int _removing;

    /// <summary>Of the policy's pending restart; whoever takes it out disposes it.</summary>
    private CancellationTokenSource? _pendingRestart;

    /// <summary>Claims the removal; false when somebody else has.</summary>
    internal bool TryBeginRemoval() => Interlocked.Exchange(ref _removing, 1) == 0;

    internal void EndRemoval() => Volatile.Write(ref _removing, 0);

    /// <summary>Tells of a restart that the policy has set a time for. The caller holds the gate.</summary>
    internal void SetPendingRestart(CancellationTokenSource pending)
    {
        CancelPendingRestart();
        _pendingRestart = pending;
    }

    /// <summary>Calls off the policy's pending restart, if there is one.</summary>
    internal void CancelPendingRestart()
    {
        if (Interlocked.Exchange(ref _pendingRestart, null) is { } pending)
        {
            pending.Cancel();
            pending.Dispose();
        }
    }

    /// <summary>The restart is no longer pending: it happens, or was called off.</summary>
    internal void EndPendingRestart(CancellationTokenSource pending)
    {
        if (Interlocked.CompareExchange(ref _pendingRestart, null, pending) == pending)
        {
            pending.Dispose();
        }
    }

    internal void Set(ContainerRecord record) => _record = record;
}
