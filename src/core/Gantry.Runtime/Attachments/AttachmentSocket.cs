using System.Net.Sockets;
using Gantry.Linux;

namespace Gantry.Runtime.Attachments;

/// <summary>The engine's end of an attachment as an asynchronous socket, and the monitor's end until that has it.</summary>
internal sealed class AttachmentSocket : IDisposable
{
    private int _monitorEnd;

    private AttachmentSocket(Socket socket, int monitorEnd)
    {
        Socket = socket;
        _monitorEnd = monitorEnd;
    }

    public Socket Socket { get; }

    /// <summary>The descriptor to send; stays ours.</summary>
    public int MonitorEnd => _monitorEnd;

    public static AttachmentSocket Create()
    {
        var (ours, theirs) = UnixSockets.CreatePair(UnixSocketType.Stream, nonBlocking: false);
        try
        {
            return new AttachmentSocket(new Socket(new SafeSocketHandle(ours, ownsHandle: true)), theirs);
        }
        catch
        {
            RawFiles.Close(theirs);
            throw;
        }
    }

    /// <summary>The monitor has its end, or never will: from here on its death or refusal is our end of file.</summary>
    public void ReleaseMonitorEnd() => RawFiles.Close(Interlocked.Exchange(ref _monitorEnd, -1));

    public void Dispose()
    {
        ReleaseMonitorEnd();
        Socket.Dispose();
    }
}
