using System.Threading.Channels;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>Removes directories in two steps: out of the way by a rename, which is quick, then file by file in the background, also after a restart.</summary>
internal sealed class Trash : IAsyncDisposable
{
    private readonly string _directory;
    private readonly Channel<string> _queue = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _worker;
    private readonly Lock _lock = new();
    private TaskCompletionSource _idle = Completed();
    private int _waiting;
    private int _counter;

    internal Trash(string directory)
    {
        _directory = directory;
        foreach (var old in Directory.GetFileSystemEntries(directory))
        {
            Enqueue(old);
        }

        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Moves a directory or file away; it must be on the same file system. False when it isn't there.</summary>
    internal bool Take(string path)
    {
        while (true)
        {
            var target = Path.Combine(_directory, $"{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}");
            switch (FileAt.TryRename(FileAt.CurrentDirectory, path, FileAt.CurrentDirectory, target, RenameFlags.NoReplace))
            {
                case 0:
                    Enqueue(target);
                    return true;
                case -Errno.ENOENT:
                    return false;
                case -Errno.EEXIST:
                    continue; // left by an earlier process of the same id
                case var error:
                    throw new LinuxException("rename", -error, path).ToGantry("remove");
            }
        }
    }

    internal Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _idle.Task.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void Enqueue(string path)
    {
        lock (_lock)
        {
            if (_waiting++ == 0)
            {
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        _queue.Writer.TryWrite(path);
    }

    private async Task WorkAsync()
    {
        await foreach (var path in _queue.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
        {
            try
            {
                TreeRemover.Remove(path, _stop.Token);
            }
            catch (IOException)
            {
                // Something in it is busy or the disk fails; it stays in the trash and the next start tries again.
            }

            lock (_lock)
            {
                if (--_waiting == 0)
                {
                    _idle.SetResult();
                }
            }
        }
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
