using System.IO.Pipelines;
using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.IO.Tar;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Snapshots;

public sealed partial class LayerStore
{
    /// <summary>
    /// Turns the container layer into an image layer. <see cref="CommitMode.Move"/> renames the (unmounted) upper directory, and the
    /// container layer is gone; <see cref="CommitMode.Copy"/> leaves it (pause the container first). Content equal to a layer that is there
    /// already gives that layer.
    /// </summary>
    public Task<LayerInfo> CommitAsync(string id, CommitMode mode, CancellationToken cancellationToken = default) =>
        CommitAsync(id, mode, null, cancellationToken);

    /// <inheritdoc cref="CommitAsync(string, CommitMode, CancellationToken)"/>
    /// <param name="beforePublish">Told the chain id before the layer becomes visible: the place to protect it with a lease.</param>
    public async Task<LayerInfo> CommitAsync(
        string id, CommitMode mode, Action<Digest>? beforePublish, CancellationToken cancellationToken = default)
    {
        var layer = GetContainerLayer(id);
        return mode == CommitMode.Move
            ? await CommitByMoveAsync(layer, beforePublish, cancellationToken).ConfigureAwait(false)
            : await CommitByCopyAsync(layer, beforePublish, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the upper directory once for digest and tar-split; no file is written again.</summary>
    private async Task<LayerInfo> CommitByMoveAsync(ContainerLayer layer, Action<Digest>? beforePublish, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(_temporary, $"{UnpackingPrefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(directory);
        try
        {
            var info = await DescribeUpperAsync(layer, directory, cancellationToken).ConfigureAwait(false);
            beforePublish?.Invoke(info.ChainId);
            FileAt.Rename(layer.UpperDirectory, Path.Combine(directory, DiffName));
            RemoveContainerLayer(layer.Id);
            return Publish(directory, info);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("committing the layer");
        }
        finally
        {
            _trash.Take(directory);
        }
    }

    private async Task<LayerInfo> DescribeUpperAsync(ContainerLayer layer, string directory, CancellationToken cancellationToken)
    {
        using var split = TarSplitWriter.Create(Path.Combine(directory, TarSplitWriter.FileName));
        var hashing = new HashingWriteStream(null);
        await using var close = hashing.ConfigureAwait(false);
        using var writer = new TarWriter(hashing, split.Raw);
        var bytes = await PackUpperAsync(layer, writer, (path, length) => RecordContent(split, path, length), cancellationToken).ConfigureAwait(false);
        split.Complete();
        var diffId = Digest.FromSha256(hashing.Finish());
        return new LayerInfo(ChainId.Of(layer.ParentChainId, diffId), diffId, layer.ParentChainId, bytes, hashing.Count, DateTimeOffset.UtcNow);
    }

    private static void RecordContent(TarSplitWriter split, string path, long length)
    {
        if (length > 0)
        {
            split.Content(path, 0, length);
        }
    }

    private async Task<LayerInfo> CommitByCopyAsync(ContainerLayer layer, Action<Digest>? beforePublish, CancellationToken cancellationToken)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19));
        var packing = PackToAsync(layer, pipe.Writer, cancellationToken);
        try
        {
            return await ApplyLayerAsync(layer.ParentChainId, pipe.Reader.AsStream(), beforePublish, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await pipe.Reader.CompleteAsync().ConfigureAwait(false);
            await packing.ConfigureAwait(false);
        }
    }

    /// <summary>A failure here reaches the reading side as the failure of its read.</summary>
    private async Task PackToAsync(ContainerLayer layer, PipeWriter pipe, CancellationToken cancellationToken)
    {
        try
        {
            using var writer = new TarWriter(pipe.AsStream(leaveOpen: true));
            await PackUpperAsync(layer, writer, null, cancellationToken).ConfigureAwait(false);
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is GantryException or IOException or OperationCanceledException)
        {
            await pipe.CompleteAsync(e).ConfigureAwait(false);
        }
    }
}
