using System.Threading.Channels;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>
/// Ends detached mounts in the background. The last reference to an overlay with an upper directory costs a sync of the whole file system
/// below it (ovl_sync_fs), which nobody who stops a container wants to wait for.
/// </summary>
internal sealed class MountTeardown : IAsyncDisposable
{
    private readonly Channel<(int Descriptor, TaskCompletionSource? Reached)> _queue =
        Channel.CreateUnbounded<(int, TaskCompletionSource?)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Task _worker;

    internal MountTeardown() => _worker = Task.Run(WorkAsync);

    /// <summary>Takes a mount out of the tree; quick. False when nothing is mounted there.</summary>
    internal bool Detach(string target)
    {
        var held = FileAt.TryOpen(FileAt.CurrentDirectory, target, OpenAtFlags.Path | OpenAtFlags.NoFollow);
        if (held == -Errno.ENOENT)
        {
            return false;
        }

        FileAt.Check(held, "open", target);
        var error = Mounts.TryUnmount(target, UnmountFlags.Detach | UnmountFlags.NoFollow);
        _queue.Writer.TryWrite((held, null));
        return error == -Errno.EINVAL ? false : FileAt.Check(error, "umount2", target) == 0;
    }

    /// <summary>Takes over a descriptor of a mount that is not attached anywhere.</summary>
    internal void End(int descriptor) => _queue.Writer.TryWrite((descriptor, null));

    /// <summary>Waits for what was detached so far.</summary>
    internal Task DrainAsync(CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _queue.Writer.TryWrite((-1, reached)) ? reached.Task.WaitAsync(cancellationToken) : _worker;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _worker.ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        await foreach (var (descriptor, reached) in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            FileAt.Close(descriptor);
            reached?.SetResult();
        }
    }
}
