using System.Collections.Immutable;
using Gantry.Linux;

namespace Gantry.Logs;

/// <summary>
/// Tells followers that a log file has changed. One inotify instance and one thread serve all followers of the process; neither exists
/// before the first.
/// </summary>
internal sealed class LogWatcher
{
    private const InotifyEvents Interesting =
        InotifyEvents.Modify | InotifyEvents.MoveSelf | InotifyEvents.DeleteSelf | InotifyEvents.Attributes
        | InotifyEvents.Create | InotifyEvents.MovedTo;

    private const int ReaderStack = 128 * 1024;

    private static readonly Lazy<LogWatcher> s_shared = new(() => new LogWatcher());

    private readonly Lock _lock = new();
    private readonly int _inotify;
    private readonly Dictionary<int, ImmutableList<Subscription>> _byWatch = [];

    private LogWatcher()
    {
        _inotify = Inotify.Create();
        RawFiles.SetNonBlocking(_inotify, false);
        new Thread(Run, ReaderStack) { IsBackground = true, Name = "logs" }.Start();
    }

    public static LogWatcher Shared => s_shared.Value;

    /// <summary>Watches a file, or a directory for new names, by its present name; null when there is none.</summary>
    public Subscription? TryWatch(string path)
    {
        lock (_lock)
        {
            try
            {
                var watch = Inotify.Watch(_inotify, path, Interesting);
                var subscription = new Subscription(this, watch);
                _byWatch[watch] = _byWatch.GetValueOrDefault(watch, []).Add(subscription);
                return subscription;
            }
            catch (LinuxException e) when (e.Errno == Errno.ENOENT)
            {
                return null;
            }
        }
    }

    private void Unwatch(Subscription subscription)
    {
        lock (_lock)
        {
            var left = _byWatch.GetValueOrDefault(subscription.Watch, []).Remove(subscription);
            if (left.IsEmpty && _byWatch.Remove(subscription.Watch))
            {
                Inotify.Unwatch(_inotify, subscription.Watch);
            }
            else if (!left.IsEmpty)
            {
                _byWatch[subscription.Watch] = left;
            }
        }
    }

    private void Run()
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var n = RawFiles.TryRead(_inotify, buffer);
            ReadOnlySpan<byte> events = buffer.AsSpan(0, Math.Max(n, 0));
            while (Inotify.TryTakeEvent(ref events, out var watch, out var kinds, out _))
            {
                if ((kinds & InotifyEvents.Overflow) != 0)
                {
                    SignalAll();
                }
                else if (Subscribers(watch) is { } subscribers)
                {
                    subscribers.ForEach(static subscription => subscription.Signal());
                }
            }
        }
    }

    private ImmutableList<Subscription>? Subscribers(int watch)
    {
        lock (_lock)
        {
            return _byWatch.GetValueOrDefault(watch);
        }
    }

    private void SignalAll()
    {
        lock (_lock)
        {
            foreach (var subscribers in _byWatch.Values)
            {
                subscribers.ForEach(static subscription => subscription.Signal());
            }
        }
    }

    /// <summary>One follower of one file.</summary>
    internal sealed class Subscription(LogWatcher watcher, int watch) : IDisposable
    {
        private readonly SemaphoreSlim _changed = new(0, 1);

        public int Watch => watch;

        /// <summary>Waits for a change since the last wait.</summary>
        public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

        public void Signal()
        {
            try
            {
                if (_changed.CurrentCount == 0)
                {
                    _changed.Release();
                }
            }
            catch (SemaphoreFullException)
            {
                // Another signal was faster: one is enough.
            }
        }

        public void Dispose() => watcher.Unwatch(this);
    }
}
