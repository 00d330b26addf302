using Gantry.Linux;

namespace Gantry.Apps.Monitor.Loop;

/// <summary>The monitor's only thread: waits for descriptors and lets their sources act, one after the other. Nothing here is thread-safe.</summary>
internal sealed class EventLoop : IDisposable
{
    private const int MaxEvents = 64;

    private readonly Epoll _epoll = new(MaxEvents);
    private readonly List<Source?> _sources = [];
    private readonly Stack<int> _free = [];
    private uint _generation;
    private bool _stopping;

    public void Watch(Source source, EpollEvents events)
    {
        if (!_free.TryPop(out var index))
        {
            index = _sources.Count;
            _sources.Add(null);
        }

        // The generation keeps an event of a closed descriptor from reaching the slot's next owner.
        source.Token = ((ulong)++_generation << 32) | (uint)index;
        _sources[index] = source;
        _epoll.Watch(source.Fd, events, source.Token);
    }

    public void Change(Source source, EpollEvents events) => _epoll.Change(source.Fd, events, source.Token);

    /// <summary>Stops watching; the descriptor stays open.</summary>
    public void Unwatch(Source source)
    {
        if (source.IsWatched)
        {
            _epoll.Remove(source.Fd);
            var index = (int)(uint)source.Token;
            _sources[index] = null;
            _free.Push(index);
            source.Token = 0;
        }
    }

    public void Stop() => _stopping = true;

    /// <summary>Runs until <see cref="Stop"/>. A source that throws is dropped; the others go on.</summary>
    public void Run()
    {
        while (!_stopping)
        {
            var count = _epoll.Wait(-1);
            for (var i = 0; i < count; i++)
            {
                var (events, token) = _epoll.Event(i);
                var source = _sources[(int)(uint)token];
                if (source is not null && source.Token == token)
                {
                    Dispatch(source, events);
                }
            }
        }
    }

    public void Dispose() => _epoll.Dispose();

    private void Dispatch(Source source, EpollEvents events)
    {
        try
        {
            source.Ready(events);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            MonitorLog.Write($"{source.GetType().Name} on descriptor {source.Fd} failed: {e}");
            Unwatch(source);
        }
    }
}
