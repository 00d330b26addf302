using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>Is told when its descriptor is ready. Runs on the loop's thread and must not block.</summary>
public interface IEpollHandler
{
    void OnReady(EpollEvents events);
}

/// <summary>
/// One thread that waits for many descriptors (epoll(7)). It starts with the first descriptor and costs nothing while all are quiet. Handlers,
/// posted work and timers run on it one after the other, so they need no locks among themselves.
/// </summary>
public sealed unsafe partial class EpollLoop : IDisposable
{
    private const int MaxEvents = 128;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int OperationAdd = 1;
    private const int OperationDelete = 2;
    private const int OperationModify = 3;
    private const int StackSize = 512 * 1024;
    private const long WakeToken = 0;

    /// <summary>Size of struct epoll_event, which is packed on x86-64 only; the token is its last part.</summary>
    private static readonly int s_eventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _wake;
    private readonly ConcurrentDictionary<long, IEpollHandler> _handlers = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly PriorityQueue<Action, long> _timers = new();
    private readonly Action<Exception> _onFailure;
    private readonly Thread _thread;
    private long _lastToken;
    private int _started;
    private volatile bool _stopping;

    /// <param name="name">Name of the thread.</param>
    /// <param name="onFailure">Gets what handlers throw; the loop goes on.</param>
    public EpollLoop(string name, Action<Exception> onFailure)
    {
        _onFailure = onFailure;
        _epoll = Check(Native.epoll_create1(CloseOnExec), "epoll_create1");
        _wake = Check(Native.eventfd(0, CloseOnExec | NonBlocking), "eventfd");
        Control(OperationAdd, _wake, EpollEvents.In, WakeToken);
        _thread = new Thread(Run, StackSize) { IsBackground = true, Name = name };
    }

    /// <summary>True on the loop's own thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Watches a descriptor. The result is for <see cref="Remove"/>.</summary>
    public long Add(SafeFileHandle handle, EpollEvents events, IEpollHandler handler)
    {
        var token = Interlocked.Increment(ref _lastToken);
        _handlers[token] = handler;
        Control(OperationAdd, handle, events, token);
        Start();
        return token;
    }

    /// <summary>Stops watching. Call on the loop's thread before the descriptor is closed; the handler is not called again.</summary>
    public void Remove(SafeFileHandle handle, long token)
    {
        if (_handlers.TryRemove(token, out _))
        {
            Control(OperationDelete, handle, EpollEvents.None, token);
        }
    }

    /// <summary>Changes what a watched descriptor is watched for.</summary>
    public void Modify(SafeFileHandle handle, long token, EpollEvents events) => Control(OperationModify, handle, events, token);

    /// <summary>Has work done on the loop's thread.</summary>
    public void Post(Action work)
    {
        _posted.Enqueue(work);
        Start();
        ulong one = 1;
        _ = Native.write(_wake, &one, sizeof(ulong));
    }

    /// <summary>Has work done on the loop's thread and waits for it; runs it at once when called on that thread.</summary>
    public void PostAndWait(Action work)
    {
        if (IsCurrent)
        {
            work();
            return;
        }

        using var done = new ManualResetEventSlim();
        Post(() =>
        {
            try
            {
                work();
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
    }

    /// <summary>Does work later. Only on the loop's thread.</summary>
    public void After(TimeSpan delay, Action work) => _timers.Enqueue(work, Environment.TickCount64 + (long)delay.TotalMilliseconds);

    /// <summary>Ends the loop after work already posted. Descriptors that are still watched stay open: they are their owners'.</summary>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        if (_started != 0)
        {
            Post(() => _stopping = true);
            if (!IsCurrent)
            {
                _thread.Join();
            }
        }

        _stopping = true;
        _epoll.Dispose();
        _wake.Dispose();
    }

    private void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _thread.Start();
        }
    }

    private void Run()
    {
        var buffer = stackalloc byte[MaxEvents * s_eventSize];
        while (!_stopping)
        {
            var count = Native.epoll_wait(_epoll, buffer, MaxEvents, NextTimeout());
            if (count < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                _onFailure(LinuxException.FromLastError("epoll_wait"));
                return;
            }

            for (var i = 0; i < count; i++)
            {
                var ready = buffer + (i * s_eventSize);
                Dispatch(*(EpollEvents*)ready, *(long*)(ready + s_eventSize - sizeof(long)));
            }

            RunPosted();
            RunTimers();
        }
    }

    private void Dispatch(EpollEvents events, long token)
    {
        if (token == WakeToken)
        {
            ulong ignored;
            _ = Native.read(_wake, &ignored, sizeof(ulong));
            return;
        }

        try
        {
            if (_handlers.TryGetValue(token, out var handler))
            {
                handler.OnReady(events);
            }
        }
        catch (Exception e)
        {
            _onFailure(e);
        }
    }

    private int NextTimeout() =>
        _timers.TryPeek(out _, out var due) ? (int)Math.Clamp(due - Environment.TickCount64, 0, int.MaxValue) : -1;

    private void RunPosted()
    {
        for (var n = _posted.Count; n > 0 && _posted.TryDequeue(out var work); n--)
        {
            Guard(work);
        }
    }

    private void RunTimers()
    {
        while (_timers.TryPeek(out var work, out var due) && due <= Environment.TickCount64)
        {
            _timers.Dequeue();
            Guard(work);
        }
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            _onFailure(e);
        }
    }

    private void Control(int operation, SafeFileHandle handle, EpollEvents events, long token)
    {
        var change = stackalloc byte[s_eventSize];
        *(EpollEvents*)change = events;
        *(long*)(change + s_eventSize - sizeof(long)) = token;
        if (Native.epoll_ctl(_epoll, operation, handle, change) < 0)
        {
            var failure = LinuxException.FromLastError("epoll_ctl");
            _handlers.TryRemove(token, out _);
            Debug.Assert(operation != OperationDelete, "A watched descriptor was closed before it was removed.");
            throw failure;
        }
    }

    private static SafeFileHandle Check(SafeFileHandle handle, string call) =>
        handle.IsInvalid ? throw LinuxException.FromLastError(call) : handle;

    private static partial class Native
    {
        [LibraryImport("libc", SetLastError = true)]
        internal static partial SafeFileHandle epoll_create1(int flags);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial SafeFileHandle eventfd(uint value, int flags);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial int epoll_ctl(SafeFileHandle epoll, int operation, SafeFileHandle fd, void* change);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial int epoll_wait(SafeFileHandle epoll, void* events, int max, int timeout);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial nint read(SafeFileHandle fd, void* buffer, nint length);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial nint write(SafeFileHandle fd, void* buffer, nint length);
    }
}
