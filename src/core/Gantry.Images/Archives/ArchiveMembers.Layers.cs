using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Images.Archives;

/// <summary>Members that are tars themselves.</summary>
internal sealed partial class ArchiveMembers
{
    private const int HeadSize = 512;

    private readonly IProgress<LoadProgress>? _progress;

    /// <summary>Layers that were unpacked while they streamed by, by digest.</summary>
    private readonly Dictionary<Digest, PendingLayer> _pending = [];
    private HashSet<Digest>? _knownDiffIds;

    /// <summary>Makes a layer of a member that was unpacked already; false where there is none to be had, see <see cref="OpenLayerAsync"/>.</summary>
    internal bool TryAdopt(Digest blob, Digest diffId, Digest parentChainId, out Task<LayerInfo> layer)
    {
        layer = Task.FromException<LayerInfo>(new InvalidOperationException());
        return blob == diffId && _pending.TryGetValue(blob, out var pending) && pending.TryAdopt(parentChainId, out layer);
    }

    /// <summary>The bytes of a layer that is in the content store, or is made again of the layer that it has become (upon another one).</summary>
    /// <exception cref="GantryException">NotFound.</exception>
    internal async Task<FileStream> OpenLayerAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (!_content.TryStat(digest, out _) && _pending.TryGetValue(digest, out var pending))
        {
            // Whoever adopted it may still be at it; a failure of the unpacking is this one's too.
            _ = pending.TryAdopt(default, out var adopted);
            await adopted.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!_content.TryStat(digest, out _) && Find(digest) is { } same
            && await _content.BeginIngestAsync(_lease, digest.ToString(), digest, same.TarSize, cancellationToken).ConfigureAwait(false) is { } writer)
        {
            await using var writing = writer.ConfigureAwait(false);
            writer.Restart();
            await _store.Layers.WriteLayerTarAsync(same.ChainId, writer, cancellationToken).ConfigureAwait(false);
            await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
            lock (_brought)
            {
                _brought.Add(digest);
            }
        }

        return _content.OpenRead(digest);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pending in _pending.Values)
        {
            await pending.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static bool IsTar(byte[] head) => head.AsSpan(257).StartsWith("ustar"u8);

    /// <summary>Unpacks while hashing, once for both the member and the layer it becomes. A tar that can't be unpacked is a failure only if an image wants it.</summary>
    /// <exception cref="GantryException">DataCorrupt: it isn't what its name says.</exception>
    private async Task<Descriptor> TakeLayerAsync(Stream source, Digest expected, long length, CancellationToken cancellationToken)
    {
        if (!expected.IsEmpty && IsHere(expected))
        {
            return new Descriptor { Digest = expected, Size = length };
        }

        var report = _progress is null || expected.IsEmpty ? null : new Unpacking(_progress, expected.Short, length);
        var hashing = new HashingReadStream(source, report);
        var pending = _store.Layers.BeginLayer(hashing, cancellationToken);
        try
        {
            await pending.ReadToEndAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            await hashing.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            var digest = Digest.FromSha256(hashing.Current());
            if (!expected.IsEmpty && digest != expected)
            {
                throw GantryException.DataCorrupt($"unexpected commit digest {digest}, expected {expected}: failed precondition");
            }

            if (!_pending.TryAdd(digest, pending))
            {
                await pending.DisposeAsync().ConfigureAwait(false);
            }

            return new Descriptor { Digest = digest, Size = length };
        }
        catch
        {
            await pending.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>True for a layer of which the bytes can be had already; it stays for as long as the lease.</summary>
    private bool IsHere(Digest diffId)
    {
        if (_pending.ContainsKey(diffId) || _content.TryStat(diffId, out _))
        {
            _lease.Protect(diffId);
            return _pending.ContainsKey(diffId) || _content.TryStat(diffId, out _);
        }

        _knownDiffIds ??= [.. _store.Layers.Layers().Select(layer => layer.DiffId)];
        return _knownDiffIds.Contains(diffId) && Find(diffId) is not null;
    }

    /// <summary>A layer with this content, whatever it lies on; protected by the lease.</summary>
    private LayerInfo? Find(Digest diffId)
    {
        foreach (var layer in _store.Layers.Layers().Where(layer => layer.DiffId == diffId))
        {
            _lease.Protect(layer.ChainId);
            if (_store.Layers.Exists(layer.ChainId))
            {
                return layer;
            }
        }

        return null;
    }

    private sealed class Unpacking(IProgress<LoadProgress> target, string layer, long total) : IProgress<long>
    {
        public void Report(long value) => target.Report(new LoadProgress(layer, Math.Min(value, total), total));
    }
}
