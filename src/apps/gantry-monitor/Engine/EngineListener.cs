using Gantry.Apps.Monitor.Loop;
using Gantry.Apps.Monitor.Processes;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Engine;

/// <summary>The socket at which an engine that was restarted finds this monitor. The newest engine wins: two never run on one exec root.</summary>
internal sealed class EngineListener : Source
{
    private readonly EventLoop _loop;
    private readonly Supervisor _supervisor;

    public EngineListener(EventLoop loop, Supervisor supervisor, string execRoot)
    {
        _loop = loop;
        _supervisor = supervisor;
        var directory = RawFiles.Open(execRoot, OpenFlags.ReadOnly);
        try
        {
            RawFiles.Unlink($"{execRoot}/{RunFiles.Socket}");
            Fd = UnixSockets.Listen(UnixSockets.ShortPath(directory, RunFiles.Socket), UnixSocketType.SeqPacket);
        }
        finally
        {
            RawFiles.Close(directory);
        }

        loop.Watch(this, EpollEvents.In);
    }

    public override void Ready(EpollEvents events)
    {
        var connection = UnixSockets.TryAccept(Fd, nonBlocking: true);
        if (connection >= 0)
        {
            Connect(connection);
        }
    }

    public void Connect(int connection)
    {
        var previous = _supervisor.Engine;
        UnixSockets.TrySetBuffers(connection, RequestReader.MaxMessage * 2);
        _supervisor.Engine = new EngineLink(_loop, _supervisor, connection);
        previous?.Close();
    }
}
