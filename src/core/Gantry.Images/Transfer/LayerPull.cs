using Gantry.Content;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>What one layer of an image needs to get here.</summary>
internal sealed record LayerWork(Descriptor Blob, Digest ParentChainId, Digest DiffId)
{
    internal Digest ChainId { get; } = Oci.ChainId.Of(ParentChainId, DiffId);

    /// <summary>Docker names a layer by its blob while pulling.</summary>
    internal string ShortId => Blob.Digest.Short;
}

/// <summary>
/// Brings one layer here: (1) the download goes into the content store, hashed on the way, continuing what an earlier attempt left;
/// (2) unpacking follows it through the page cache, so it is done shortly after the last byte; (3) the blob becomes visible when digest and
/// size are right, and (4) the layer when its diff id is right too.
/// </summary>
internal sealed class LayerPull(ImageStore store, RegistryRepository repository, LayerWork layer, IProgress<TransferEvent> events, TransferOptions options)
{
    private const int BufferSize = 256 * 1024;

    /// <remarks>Nothing is awaited before the place in the unpacking queue is taken: the order of the calls is the order of the queue.</remarks>
    /// <param name="download">Where downloads queue over all pulls.</param>
    /// <param name="unpack">Where this image's layers queue for unpacking; entered bottom layer first, as each may wait for its parent.</param>
    internal async Task RunAsync(OrderedGate download, OrderedGate unpack, CancellationToken cancellationToken)
    {
        using var lease = store.Content.Lease($"pull of layer {layer.Blob.Digest}");
        lease.Protect(layer.ChainId);
        if (store.Layers.Exists(layer.ChainId))
        {
            events.Report(TransferEvent.Layer(layer.ShortId, "Already exists"));
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var unpackTurn = await unpack.EnterAsync(null, stop.Token).ConfigureAwait(false);
        using var turn = await download.EnterAsync(() => events.Report(TransferEvent.Layer(layer.ShortId, "Waiting")), stop.Token).ConfigureAwait(false);
        var writer = await store.Content.BeginIngestAsync(lease, layer.Blob.Digest.ToString(), layer.Blob.Digest, layer.Blob.Size, stop.Token).ConfigureAwait(false);
        if (writer is null)
        {
            turn.Dispose();
            events.Report(TransferEvent.Layer(layer.ShortId, "Download complete"));
            var stored = store.Content.OpenRead(layer.Blob.Digest);
            await UnpackAsync(stored, () => stored.Position, Task.CompletedTask, stop.Token).ConfigureAwait(false);
            return;
        }

        await using (writer.ConfigureAwait(false))
        {
            await DownloadAndUnpackAsync(writer, turn, stop).ConfigureAwait(false);
        }
    }

    private async Task DownloadAndUnpackAsync(ContentWriter writer, IDisposable turn, CancellationTokenSource stop)
    {
        var follower = writer.Follow();
        var downloaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var unpacking = Task.Run(() => UnpackAsync(follower, () => downloaded.Task.IsCompleted ? follower.Consumed : null, downloaded.Task, stop.Token), CancellationToken.None);
        try
        {
            await DownloadAsync(writer, unpacking, stop.Token).ConfigureAwait(false);
            turn.Dispose();
            downloaded.SetResult();
        }
        catch (Exception)
        {
            // The unpacking can't succeed any more; its own failure would hide the cause.
            await stop.CancelAsync().ConfigureAwait(false);
            await writer.DisposeAsync().ConfigureAwait(false);
            await unpacking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await unpacking.ConfigureAwait(false);
    }

    /// <summary>Steps (1) and (3). A layer that turns out not to unpack ends the download early.</summary>
    private async Task DownloadAsync(ContentWriter writer, Task unpacking, CancellationToken cancellationToken)
    {
        var progress = new LayerProgress(events, layer.ShortId, "Downloading", layer.Blob.Size);
        void Retrying(TimeSpan wait) => events.Report(TransferEvent.Retrying(layer.ShortId, wait));
        if (layer.Blob.Size - writer.Offset >= options.PartsFrom)
        {
            await new PartsDownload(repository, layer.Blob, options, Retrying).TryRunAsync(writer, progress, unpacking, cancellationToken).ConfigureAwait(false);
        }

        if (writer.Offset < layer.Blob.Size)
        {
            var source = await repository.OpenBlobAsync(layer.Blob, writer.Offset, Retrying, cancellationToken).ConfigureAwait(false);
            await using var reading = source.ConfigureAwait(false);
            var buffer = new byte[BufferSize];
            for (int read; (read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                writer.Write(buffer.AsSpan(0, read));
                progress.Report(writer.Offset);
                if (unpacking.IsFaulted)
                {
                    await unpacking.ConfigureAwait(false);
                }
            }
        }

        events.Report(TransferEvent.Layer(layer.ShortId, "Verifying Checksum"));
        try
        {
            await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException exception) when (exception.Kind == ErrorKind.DataCorrupt)
        {
            throw GantryException.DataCorrupt($"filesystem layer verification failed for digest {layer.Blob.Digest}", exception);
        }

        events.Report(TransferEvent.Layer(layer.ShortId, "Download complete"));
    }

    /// <summary>Steps (2) and (4).</summary>
    /// <param name="consumed">Bytes of the blob unpacked so far, or null while the download's own progress is what matters.</param>
    /// <param name="downloaded">Ends when the download was told to be complete: what follows it must not be told before.</param>
    private async Task UnpackAsync(Stream blob, Func<long?> consumed, Task downloaded, CancellationToken cancellationToken)
    {
        await using var closing = blob.ConfigureAwait(false);
        var tar = await store.Layers.OpenTarAsync(blob, leaveOpen: true, cancellationToken).ConfigureAwait(false);
        await using var closingTar = tar.ConfigureAwait(false);
        var progress = new LayerProgress(events, layer.ShortId, "Extracting", layer.Blob.Size);
        var bytes = new Watch(() =>
        {
            if (consumed() is { } current)
            {
                progress.Report(current);
            }
        });
        await store.Layers.ApplyLayerAsync(layer.ParentChainId, layer.DiffId, tar, bytes, cancellationToken).ConfigureAwait(false);
        await downloaded.WaitAsync(cancellationToken).ConfigureAwait(false);
        progress.Report(layer.Blob.Size);
        events.Report(TransferEvent.Layer(layer.ShortId, "Pull complete"));
    }

    private sealed class Watch(Action action) : IProgress<long>
    {
        public void Report(long value) => action();
    }
}
