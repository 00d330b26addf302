using Gantry.IO.Streams;
using Gantry.Oci;

namespace Gantry.Snapshots;

/// <summary>
/// A layer that is unpacked before it is known what it lies on, as an archive brings them: its files are on disk once, and it becomes a layer by
/// being adopted. Dispose it in any case; what was not adopted goes.
/// </summary>
public sealed class PendingLayer : IAsyncDisposable
{
    private readonly TaskCompletionSource<Digest> _parent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop;
    private readonly HashingReadStream _tar;
    private readonly Task<LayerInfo> _work;
    private int _adopted;

    /// <param name="tar">Owned from now on: its hash is asked for until the layer is adopted.</param>
    /// <param name="unpack">Unpacks; asks for the parent once it has read the whole tar.</param>
    internal PendingLayer(HashingReadStream tar, Func<Func<CancellationToken, Task<Digest>>, CancellationToken, Task<LayerInfo>> unpack, CancellationToken cancellationToken)
    {
        _tar = tar;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _work = Task.Run(() => unpack(ParentAsync, _stop.Token), _stop.Token);
    }

    /// <summary>Ends when the tar is read to its end, or unpacking has failed: <see cref="TryAdopt"/> then tells why.</summary>
    public Task ReadToEndAsync() => Task.WhenAny(_read.Task, _work);

    /// <summary>Makes it the layer upon <paramref name="parentChainId"/>; false when it was adopted before. The task fails as applying a layer does.</summary>
    public bool TryAdopt(Digest parentChainId, out Task<LayerInfo> layer)
    {
        layer = _work;
        if (Interlocked.Exchange(ref _adopted, 1) != 0)
        {
            return false;
        }

        _parent.SetResult(parentChainId);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        await _tar.DisposeAsync().ConfigureAwait(false);
    }

    private Task<Digest> ParentAsync(CancellationToken cancellationToken)
    {
        _read.TrySetResult();
        return _parent.Task.WaitAsync(cancellationToken);
    }
}
