using System.Globalization;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>Kill, stop and restart.</summary>
internal sealed class StopFlow(EngineCore core, StartFlow start)
{
    /// <summary>How long a process may take to disappear after SIGKILL (it can be stuck in the kernel).</summary>
    private static readonly TimeSpan s_killPatience = TimeSpan.FromSeconds(10);

    /// <summary>Sends a signal. One that ends the container also keeps its restart policy quiet.</summary>
    /// <exception cref="GantryException">Conflict: it isn't running; InvalidArgument: no such signal.</exception>
    internal async Task KillAsync(Container container, string reference, string signal)
    {
        var number = signal.Length == 0 ? Signals.Kill
            : Signals.TryParse(signal) ?? throw GantryException.InvalidArgument($"cannot kill container: {reference}: {Signals.Refusal(signal)}");
        if (number == Signals.Kill)
        {
            if (!await KillAndWaitAsync(container).ConfigureAwait(false))
            {
                throw NotRunning(container, reference);
            }
        }
        else if (!await SignalAsync(container, number).ConfigureAwait(false))
        {
            throw NotRunning(container, reference);
        }
    }

    /// <summary>Stop signal, then SIGKILL after the timeout.</summary>
    /// <param name="timeout">Seconds; negative waits for ever, null takes the container's.</param>
    /// <exception cref="GantryException">NotModified: it isn't running.</exception>
    internal async Task StopAsync(Container container, string reference, string signal, int? timeout)
    {
        CheckSignal(signal, $"cannot stop container: {reference}");
        if (!container.State.IsActive)
        {
            throw new GantryException(ErrorKind.NotModified, $"container {container.Id} is not running");
        }

        await EndAsync(container, signal, timeout).ConfigureAwait(false);
        core.Publish(container, "stop");
    }

    /// <exception cref="GantryException">As stop and start.</exception>
    internal async Task RestartAsync(Container container, string reference, string signal, int? timeout)
    {
        CheckSignal(signal, $"Cannot restart container {reference}");
        container.Restarting = true;
        try
        {
            if (container.State.IsActive)
            {
                await EndAsync(container, signal, timeout).ConfigureAwait(false);
                core.Publish(container, "stop");
            }

            await start.StartAsync(container).ConfigureAwait(false);
            core.Publish(container, "restart");
        }
        finally
        {
            container.Restarting = false;
        }
    }

    /// <summary>Ends the process whatever it takes; returns when the exit has been dealt with.</summary>
    /// <param name="byUser">Keeps <c>unless-stopped</c> quiet at the engine's next start.</param>
    internal async Task EndAsync(Container container, string signal, int? timeout, bool byUser = true)
    {
        var number = StopSignal(container.Record, signal);
        var seconds = timeout ?? TimeoutOf(container);
        var patience = seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds);
        if (await SignalAndWaitAsync(container, number, patience, isStop: true, byUser).ConfigureAwait(false) != false)
        {
            return;
        }

        core.Log.Info("container failed to exit in time, using the force", ("container", container.Id), ("signal", number), ("seconds", seconds));
        await KillAndWaitAsync(container, byUser).ConfigureAwait(false);
    }

    /// <summary>False when it wasn't running.</summary>
    /// <exception cref="GantryException">Internal: it is still there.</exception>
    internal async Task<bool> KillAndWaitAsync(Container container, bool byUser = true) =>
        await SignalAndWaitAsync(container, Signals.Kill, s_killPatience, isStop: true, byUser).ConfigureAwait(false) switch
        {
            true => true,
            false => throw GantryException.Internal($"tried to kill container {container.Id}, but did not receive an exit event"),
            null => false,
        };

    /// <summary>Seconds between stop signal and SIGKILL when nobody says otherwise; negative: for ever.</summary>
    internal int TimeoutOf(Container container) => (int?)container.Record.Config.StopTimeout ?? core.Settings.DefaultStopTimeout;

    private static GantryException NotRunning(Container container, string reference) =>
        GantryException.Conflict($"cannot kill container: {reference}: container {container.Id} is not running");

    /// <exception cref="GantryException">Internal, as Docker has it.</exception>
    private static void CheckSignal(string signal, string complaint)
    {
        if (signal.Length > 0 && Signals.TryParse(signal) is null)
        {
            throw GantryException.Internal($"{complaint}: {Signals.Refusal(signal)}");
        }
    }

    private static int StopSignal(ContainerRecord record, string asked)
    {
        if (asked.Length > 0)
        {
            return Signals.TryParse(asked) ?? throw GantryException.InvalidArgument(Signals.Refusal(asked));
        }

        return string.IsNullOrEmpty(record.Config.StopSignal) ? Signals.Term : Signals.TryParse(record.Config.StopSignal) ?? Signals.Term;
    }

    /// <summary>True: it ended. False: not within the time. Null: there was nothing to signal.</summary>
    private async Task<bool?> SignalAndWaitAsync(Container container, int signal, TimeSpan patience, bool isStop, bool byUser)
    {
        using var done = new CancellationTokenSource();
        var ended = container.Waiters.Add(WaitCondition.NextExit, done.Token);
        try
        {
            if (!await SignalAsync(container, signal, isStop, byUser).ConfigureAwait(false))
            {
                return null;
            }

            await ended.WaitAsync(patience, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            await done.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>False when there was nothing to signal. A paused container is thawed when the signal is meant to end it.</summary>
    private async Task<bool> SignalAsync(Container container, int signal, bool isStop = false, bool byUser = true)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            if (!container.State.IsActive)
            {
                return false;
            }

            var ends = isStop || signal == Signals.Kill || signal == StopSignal(container.Record, string.Empty);
            var waiting = container.State.Phase == ContainerPhase.Restarting;
            if (ends)
            {
                container.CancelPendingRestart();
                core.UpdateState(container, s => s with { StoppedByUser = byUser || s.StoppedByUser, Phase = waiting ? ContainerPhase.Exited : s.Phase });
            }

            if (!waiting)
            {
                await DeliverAsync(container, signal, ends).ConfigureAwait(false);
            }

            core.Publish(container, "kill", ("signal", signal.ToString(CultureInfo.InvariantCulture)));
            if (waiting && ends)
            {
                container.Waiters.Exited(container.State.ExitCode);
            }

            return true;
        }
    }

    private async Task DeliverAsync(Container container, int signal, bool ends)
    {
        try
        {
            await core.Parts.Tasks.KillAsync(container.Id, null, signal, CancellationToken.None).ConfigureAwait(false);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.NotFound)
        {
            // It ended by itself a moment ago; its exit is on the way.
            core.Log.Debug("signal came too late", ("container", container.Id), ("signal", signal));
            return;
        }

        if (ends && container.State.Phase == ContainerPhase.Paused)
        {
            try
            {
                await core.Parts.Tasks.ResumeAsync(container.Id, CancellationToken.None).ConfigureAwait(false);
            }
            catch (GantryException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Conflict)
            {
                core.Log.Debug("a paused container ended by the signal at once", ("container", container.Id));
            }

            core.UpdateState(container, s => s with { Phase = ContainerPhase.Running });
        }
    }
}
