using System.Text.Json;
using Gantry.Errors;
using Gantry.IO.Compression;
using Gantry.IO.Streams;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Snapshots;

public sealed partial class LayerStore
{
    /// <summary>Guards what is visible: layers and container layers appearing and going.</summary>
    private readonly Lock _structure = new();
    private readonly Dictionary<Digest, Task<LayerInfo>> _applying = [];
    private readonly Dictionary<Digest, TaskCompletionSource> _awaited = [];

    /// <summary>
    /// Unpacks an uncompressed tar as the layer <paramref name="diffId"/> on <paramref name="parentChainId"/> (default: none). Layers of one
    /// image may be applied in any order and at once: where one needs its parent, it waits until that is there or the token is cancelled.
    /// Two callers with the same layer share one unpack (the second stream is then not read). The tar's bytes can be had again from
    /// <see cref="WriteLayerTarAsync"/>. Cancelling the first caller makes the next do the work.
    /// </summary>
    /// <param name="progress">Told the number of tar bytes consumed so far.</param>
    /// <exception cref="GantryException">DataCorrupt: wrong digest, malformed or hostile tar; nothing is left behind.</exception>
    public async Task<LayerInfo> ApplyLayerAsync(
        Digest parentChainId, Digest diffId, Stream tar, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var chainId = ChainId.Of(parentChainId, diffId);
        while (true)
        {
            Task<LayerInfo>? other;
            var mine = new TaskCompletionSource<LayerInfo>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_structure)
            {
                if (Find(chainId) is { } there)
                {
                    return there;
                }

                if (!_applying.TryGetValue(chainId, out other))
                {
                    _applying[chainId] = mine.Task;
                }
            }

            if (other is null)
            {
                return await ApplyAsync(mine, chainId, parentChainId, diffId, tar, progress, cancellationToken).ConfigureAwait(false);
            }

            await ((Task)other.WaitAsync(cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The tar in a layer's blob, or in an archive of images, that may be compressed. Reading throws DataCorrupt beyond <see cref="LayerStoreOptions.Expansion"/>.</summary>
    /// <param name="blob">Owned by the result unless told otherwise.</param>
    public ValueTask<Stream> OpenTarAsync(Stream blob, bool leaveOpen = false, CancellationToken cancellationToken = default) =>
        Decompression.OpenAsync(blob, _options.Expansion, leaveOpen, cancellationToken);

    /// <summary>The same for a tar whose digest isn't known yet (import): the digest is computed and returned.</summary>
    /// <param name="beforePublish">Told the chain id before the layer becomes visible: the place to protect it with a lease.</param>
    public async Task<LayerInfo> ApplyLayerAsync(
        Digest parentChainId, Stream tar, Action<Digest>? beforePublish = null, CancellationToken cancellationToken = default) =>
        await UnpackAsync(
            parentChainId, default, tar, null,
            (directory, info) =>
            {
                beforePublish?.Invoke(info.ChainId);
                return Publish(directory, info);
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Unpacks a layer of which neither digest nor parent is known yet; <paramref name="tar"/>, which the result owns, is read to its end by then.</summary>
    public PendingLayer BeginLayer(HashingReadStream tar, CancellationToken cancellationToken = default) =>
        new(tar, (parent, token) => UnpackAsync(parent, default, tar, Publish, token), cancellationToken);

    /// <summary>
    /// Unpacks a layer anew in place of a damaged one, of which nothing is trusted or kept. Whoever has the old one mounted must be gone: its
    /// files are removed.
    /// </summary>
    /// <exception cref="GantryException">As for applying a layer; the old one is still in place then.</exception>
    public Task<LayerInfo> ReplaceLayerAsync(Digest parentChainId, Digest diffId, Stream tar, CancellationToken cancellationToken = default) =>
        UnpackAsync(parentChainId, diffId, tar, null, Exchange, cancellationToken);

    private async Task<LayerInfo> ApplyAsync(
        TaskCompletionSource<LayerInfo> mine, Digest chainId, Digest parentChainId, Digest diffId, Stream tar, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        try
        {
            var info = await UnpackAsync(parentChainId, diffId, tar, progress, Publish, cancellationToken).ConfigureAwait(false);
            mine.SetResult(info);
            return info;
        }
        finally
        {
            lock (_structure)
            {
                _applying.Remove(chainId);
            }

            mine.TrySetCanceled(CancellationToken.None);
        }
    }

    private async Task<LayerInfo> UnpackAsync(
        Digest parentChainId, Digest diffId, Stream tar, IProgress<long>? progress, Func<string, LayerInfo, LayerInfo> publish, CancellationToken cancellationToken)
    {
        var hashing = new HashingReadStream(tar, progress);
        await using var closing = hashing.ConfigureAwait(false);
        return await UnpackAsync(_ => Task.FromResult(parentChainId), diffId, hashing, publish, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="parent">Tells the parent's chain id; asked when the tar has been read, and perhaps twice.</param>
    private async Task<LayerInfo> UnpackAsync(
        Func<CancellationToken, Task<Digest>> parent, Digest diffId, HashingReadStream tar, Func<string, LayerInfo, LayerInfo> publish, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(_temporary, $"{UnpackingPrefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path.Combine(directory, DiffName));
        try
        {
            LayerInfo info;
            var ahead = new ReadAheadStream(tar, leaveOpen: true);
            await using (ahead.ConfigureAwait(false))
            {
                using var unpacker = new LayerUnpacker(directory, _options, async token => await WaitForViewAsync(await parent(token).ConfigureAwait(false), token).ConfigureAwait(false));
                await unpacker.RunAsync(ahead, cancellationToken).ConfigureAwait(false);
                info = new LayerInfo(default, default, default, unpacker.FileBytes, tar.Count, DateTimeOffset.UtcNow);
            }

            var actual = Digest.FromSha256(tar.Current());
            if (!diffId.IsEmpty && actual != diffId)
            {
                throw GantryException.DataCorrupt($"layer verification failed for digest {diffId}: got {actual}");
            }

            var below = await parent(cancellationToken).ConfigureAwait(false);
            info = info with { ChainId = ChainId.Of(below, actual), DiffId = actual, ParentChainId = below };
            return publish(directory, info);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("failed to register layer");
        }
        catch (IOException e) when (LinuxException.IsNoSpace(e))
        {
            throw new GantryException(ErrorKind.ResourceExhausted, "failed to register layer: no space left on device", e);
        }
        catch (InvalidDataException e)
        {
            throw GantryException.DataCorrupt($"failed to register layer: {e.Message}", e);
        }
        finally
        {
            _trash.Take(directory);
        }
    }

    /// <summary>Moves a finished directory into place; one that is there already wins.</summary>
    private LayerInfo Publish(string directory, LayerInfo info)
    {
        File.WriteAllBytes(Path.Combine(directory, RecordName), JsonSerializer.SerializeToUtf8Bytes(info, SnapshotJson.Default.LayerInfo));
        _unsynced.Mark(info.ChainId.Hex);
        lock (_structure)
        {
            var error = FileAt.TryRename(FileAt.CurrentDirectory, directory, FileAt.CurrentDirectory, LayerPath(info.ChainId), RenameFlags.NoReplace);
            if (error != -Errno.EEXIST)
            {
                FileAt.Check(error, "rename", directory);
            }

            if (_awaited.Remove(info.ChainId, out var awaited))
            {
                awaited.SetResult();
            }

            return Find(info.ChainId)!;
        }
    }

    /// <summary>Puts a finished directory where a damaged one is; that one is then in <paramref name="directory"/>, and goes with it.</summary>
    private LayerInfo Exchange(string directory, LayerInfo info)
    {
        File.WriteAllBytes(Path.Combine(directory, RecordName), JsonSerializer.SerializeToUtf8Bytes(info, SnapshotJson.Default.LayerInfo));
        _unsynced.Mark(info.ChainId.Hex);
        lock (_structure)
        {
            FileAt.Check(
                FileAt.TryRename(FileAt.CurrentDirectory, directory, FileAt.CurrentDirectory, LayerPath(info.ChainId), RenameFlags.Exchange), "rename", directory);
            _mountPoints.Remove(info.ChainId);
            _known[info.ChainId] = info;
            return info;
        }
    }

    /// <summary>A view of the parent's file system, once the parent is there. Null for no parent.</summary>
    private async Task<LayerView?> WaitForViewAsync(Digest chainId, CancellationToken cancellationToken)
    {
        if (chainId.IsEmpty)
        {
            return null;
        }

        Task? awaited = null;
        lock (_structure)
        {
            if (!Exists(chainId))
            {
                if (!_awaited.TryGetValue(chainId, out var source))
                {
                    _awaited[chainId] = source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                awaited = source.Task;
            }
        }

        await (awaited?.WaitAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        return OpenView(chainId);
    }
}
