using Gantry.Apps.Monitor.Loop;
using Gantry.Linux;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>
/// Waits for the end of a process that is no child of this monitor (it was the child of one that was killed). The exit status then comes, in this
/// order, from the pidfd (kernel 6.15, once somebody reaped the process), or from <c>/proc/PID/stat</c> while it is a zombie.
/// </summary>
internal sealed class PidFdWatch : Source
{
    private readonly EventLoop _loop;
    private readonly MonitoredProcess _process;
    private readonly Action<MonitoredProcess, int?> _ended;

    public PidFdWatch(EventLoop loop, MonitoredProcess process, Action<MonitoredProcess, int?> ended)
    {
        _loop = loop;
        _process = process;
        _ended = ended;
        Fd = process.PidFd;
        loop.Watch(this, EpollEvents.In);
    }

    public override void Ready(EpollEvents events)
    {
        _loop.Unwatch(this);
        _ended(_process, Status());
    }

    /// <summary>The descriptor is the process's.</summary>
    public void Close() => _loop.Unwatch(this);

    private int? Status()
    {
        // A zombie can be reaped between the two looks, but not come back: look at the pidfd before and after.
        if (PidFd.TryGetExitStatus(Fd, out var status))
        {
            return status;
        }

        if (ProcessStat.Read(_process.Record.Pid) is { IsZombie: true } stat && (long)stat.StartTime == _process.Record.StartTicks)
        {
            return stat.WaitStatus;
        }

        return PidFd.TryGetExitStatus(Fd, out status) ? status : null;
    }
}
