using System.Text.Json;
using Gantry.Api;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>New images.</summary>
public sealed partial class ImageStore
{
    /// <summary>
    /// Records an image whose config, layers (unpacked) and blobs are under <paramref name="lease"/>, with its names, in one durable transaction.
    /// An image that exists already keeps its record and gets the names.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument: not an image config; NotFound: a layer isn't unpacked.</exception>
    public async Task<ImageRecord> CreateAsync(ContentLease lease, NewImage image, CancellationToken cancellationToken = default)
    {
        foreach (var reference in image.References)
        {
            CheckName(reference);
        }

        var config = ParseConfig(image.Config.Span);
        var id = Digest.Of(image.Config.Span);
        lease.Protect(id);
        await Content.WriteAsync(lease, image.Config, cancellationToken).ConfigureAwait(false);
        var chain = ChainId.Of(config.RootFs.DiffIds);
        var size = chain.Sum(c => (Layers.Find(c) ?? throw GantryException.NotFound($"layer {c} is not unpacked")).Size);

        // What nobody was told of by name (a step inside a build) needs no fsync; it is made again after a power cut.
        var durability = !image.MayBeLost && (image.References.Count > 0 || image.Parent.IsEmpty) ? Durability.Durable : Durability.Relaxed;
        if (durability == Durability.Durable)
        {
            await Task.WhenAll(Layers.SyncAsync(cancellationToken), Content.SyncAsync(cancellationToken)).ConfigureAwait(false);
        }

        var record = new ImageRecord(
            id, image.Parent, image.Manifest?.Digest ?? default, size,
            GoTime.TryParse(config.Created, out var created) ? created : null, DateTimeOffset.UtcNow,
            image.NamesCameAlong || image.References.Count == 0 ? null : DateTimeOffset.UtcNow);
        var known = false;
        var stored = Database.Write(durability, session => Insert(session, record, image, chain, config.RootFs.DiffIds, out known));
        if (image.Made)
        {
            if (!known)
            {
                Raise(new ImageEvent("create", id.ToString(), id.ToString(), DateTimeOffset.UtcNow));
            }

            RaiseTags(id, image.References);
        }

        return stored;
    }

    private void RaiseTags(Digest id, IReadOnlyList<ImageReference> references)
    {
        foreach (var reference in references)
        {
            Raise(new ImageEvent("tag", id.ToString(), reference.WithDefaultTag().Familiar, DateTimeOffset.UtcNow));
        }
    }

    private ImageRecord Insert(
        DatabaseSession session, ImageRecord record, NewImage image, IReadOnlyList<Digest> chain, IReadOnlyList<Digest> diffIds, out bool known)
    {
        known = false;
        var blobs = image.LayerBlobs.Concat(image.Documents).Concat(image.Index is null ? [] : [image.Index]).Select(b => b.Digest).Concat(image.Manifest is null ? [] : [image.Manifest.Digest]);
        if (_tables.Find(session, record.Id) is { } existing)
        {
            _tables.AddBlobs(session, record.Id, blobs);
            _tables.Touch(session, record.Id, record.Updated);
            if (record.Tagged is { } tagged)
            {
                _tables.SetTagged(session, record.Id, tagged);
            }

            if (existing.Manifest.IsEmpty && !record.Manifest.IsEmpty)
            {
                _tables.SetManifest(session, record.Id, record.Manifest);
            }

            record = existing;
            known = true;
        }
        else
        {
            _tables.Insert(session, record, chain, blobs);
        }

        for (var i = 0; i < image.LayerBlobs.Count && image.LayerBlobs.Count == diffIds.Count; i++)
        {
            _tables.AddLayerBlob(session, diffIds[i], image.LayerBlobs[i]);
        }

        foreach (var reference in image.References)
        {
            Point(session, reference, record.Id, image.Index?.Digest ?? default);
        }

        return record;
    }

    /// <exception cref="GantryException">InvalidArgument.</exception>
    private static ImageConfig ParseConfig(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var config = JsonSerializer.Deserialize(bytes, OciJson.Default.ImageConfig);
            return config is { RootFs.DiffIds: not null } && config.RootFs.DiffIds.All(d => !d.IsEmpty)
                ? config
                : throw GantryException.InvalidArgument("invalid image config: it names no layers");
        }
        catch (JsonException e)
        {
            throw GantryException.InvalidArgument($"invalid image config: {e.Message}", e);
        }
    }
}
