using System.Text;
using Gantry.Apps.Monitor.Loop;
using Gantry.Linux;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>
/// Notices OOM kills in a container as they happen: cgroup v1 signals an eventfd (memory.oom_control through cgroup.event_control),
/// v2 changes memory.events, which inotify sees.
/// </summary>
internal sealed class OomWatch : Source
{
    private const string V1File = "memory.oom_control";

    private readonly EventLoop _loop;
    private readonly string _file;
    private readonly Action _killed;
    private readonly bool _isV1;

    private OomWatch(EventLoop loop, string file, Action killed)
    {
        _loop = loop;
        _file = file;
        _killed = killed;
        _isV1 = file.EndsWith(V1File, StringComparison.Ordinal);
    }

    /// <summary>Null when the cgroup can't tell (gone already, or no memory controller).</summary>
    public static OomWatch? TryStart(EventLoop loop, string file, Action killed)
    {
        var watch = new OomWatch(loop, file, killed);
        try
        {
            if (!(watch._isV1 ? watch.Register() : watch.WatchFile()))
            {
                watch.Close();
                return null;
            }

            // Killing may have begun before the watch; a v1 cgroup that is in the middle of it signals at once.
            if (KillCount(file) > 0)
            {
                watch.Close();
                killed();
                return null;
            }

            loop.Watch(watch, EpollEvents.In);
            return watch;
        }
        catch (LinuxException)
        {
            watch.Close();
            return null;
        }
    }

    /// <summary>Number of OOM kills in the file's <c>oom_kill</c> line; 0 when it can't be read.</summary>
    public static long KillCount(string file)
    {
        if (file.Length == 0)
        {
            return 0;
        }

        Span<byte> buffer = stackalloc byte[1024];
        var n = RawFiles.TryReadFile(file, buffer);
        if (n <= 0)
        {
            return 0;
        }

        foreach (var line in buffer[..n].Split((byte)'\n'))
        {
            ReadOnlySpan<byte> text = buffer[line];
            if (text.StartsWith("oom_kill "u8) && System.Buffers.Text.Utf8Parser.TryParse(text[9..], out long count, out _))
            {
                return count;
            }
        }

        return 0;
    }

    public override void Ready(EpollEvents events)
    {
        Drain();
        if (!File.Exists(_file))
        {
            // v1 also signals when the cgroup goes.
            Close();
        }
        else if (_isV1 || KillCount(_file) > 0)
        {
            // v1 signals before it kills, so the counter may not show it yet.
            Close();
            _killed();
        }
    }

    public void Close()
    {
        if (Fd >= 0)
        {
            _loop.Unwatch(this);
            RawFiles.Close(Fd);
            Fd = -1;
        }
    }

    private bool Register()
    {
        var control = RawFiles.TryOpen(_file, OpenFlags.ReadOnly);
        if (control < 0)
        {
            return false;
        }

        Fd = EventFd.Create();
        var request = Encoding.ASCII.GetBytes($"{Fd} {control}");
        var error = RawFiles.TryWriteFile(_file[..^V1File.Length] + "cgroup.event_control", request);
        RawFiles.Close(control);
        return error == 0;
    }

    private bool WatchFile()
    {
        Fd = Inotify.Create();
        Inotify.Watch(Fd, _file, InotifyEvents.Modify);
        return true;
    }

    private unsafe void Drain()
    {
        var buffer = stackalloc byte[4096];
        while (RawFiles.TryRead(Fd, buffer, _isV1 ? sizeof(ulong) : 4096) > 0)
        {
        }
    }
}
