namespace Gantry.Engine.Diagnostics;

/// <summary>What the engine counts while it works. The names and their meaning are dockerd's.</summary>
internal sealed class EngineMetrics
{
    private long _healthChecks;
    private long _failedHealthChecks;

    internal ActionTimes Containers { get; } = new(
        "engine_daemon_container_actions_seconds", "The number of seconds it takes to process each container action", "changes", "commit", "create", "delete", "start");

    internal ActionTimes Images { get; } = new("engine_daemon_image_actions_seconds", "The number of seconds it takes to process each image action", "delete", "pull", "push");

    internal ActionTimes Networks { get; } = new(
        "engine_daemon_network_actions_seconds", "The number of seconds it takes to process each network action", "allocate", "connect", "release");

    internal long HealthChecks => Interlocked.Read(ref _healthChecks);

    internal long FailedHealthChecks => Interlocked.Read(ref _failedHealthChecks);

    internal void HealthChecked(bool failed)
    {
        Interlocked.Increment(ref _healthChecks);
        if (failed)
        {
            Interlocked.Increment(ref _failedHealthChecks);
        }
    }
}
