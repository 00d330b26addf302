using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>Pause and unpause.</summary>
internal sealed class PauseFlow(EngineCore core, HealthMonitor health)
{
    /// <exception cref="GantryException">Conflict.</exception>
    internal async Task PauseAsync(Container container)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            switch (container.State.Phase)
            {
                case ContainerPhase.Paused:
                    throw GantryException.Conflict($"Container {container.Id} is already paused");
                case ContainerPhase.Restarting:
                    throw GantryException.Conflict($"Container {container.Id} is restarting, wait until the container is running");
                case ContainerPhase.Running:
                    break;
                default:
                    throw GantryException.Conflict($"container {container.Id} is not running");
            }

            await health.EndAsync(container).ConfigureAwait(false);
            try
            {
                await core.Parts.Tasks.PauseAsync(container.Id, CancellationToken.None).ConfigureAwait(false);
            }
            catch
            {
                health.Begin(container);
                throw;
            }

            core.UpdateState(container, s => s with { Phase = ContainerPhase.Paused, Health = HealthRules.Stopped(s.Health) });
            core.Publish(container, "pause");
        }
    }

    /// <exception cref="GantryException">Internal, as Docker has it: it isn't paused.</exception>
    internal async Task UnpauseAsync(Container container)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            if (container.State.Phase != ContainerPhase.Paused)
            {
                throw GantryException.Internal($"Container {container.Id} is not paused");
            }

            await core.Parts.Tasks.ResumeAsync(container.Id, CancellationToken.None).ConfigureAwait(false);
            core.UpdateState(container, s => s with { Phase = ContainerPhase.Running });
            health.Begin(container);
            core.Publish(container, "unpause");
        }
    }
}
