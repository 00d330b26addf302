using Gantry.Apps.Monitor.Processes;
using Gantry.Linux;

namespace Gantry.Apps.Monitor.Loop;

/// <summary>SIGCHLD as a descriptor.</summary>
internal sealed class ChildSignal : Source
{
    private readonly Supervisor _supervisor;

    public ChildSignal(EventLoop loop, Supervisor supervisor)
    {
        _supervisor = supervisor;
        Fd = SignalFd.Create(Signals.SIGCHLD);
        loop.Watch(this, EpollEvents.In);
    }

    public override void Ready(EpollEvents events)
    {
        SignalFd.Drain(Fd);
        _supervisor.Reap();
    }
}
