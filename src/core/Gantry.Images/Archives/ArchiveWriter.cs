using System.Text.Json;
using Gantry.Content;
using Gantry.Images.Attestations;
using Gantry.Images.Queries;
using Gantry.Images.Transfer;
using Gantry.Oci;

namespace Gantry.Images.Archives;

/// <summary>Writes images as one tar that is a docker-archive (manifest.json, repositories) and an OCI layout (index.json, blobs) at once, as Docker 25 and later do.</summary>
internal sealed class ArchiveWriter(ImageStore store, ContentLease lease)
{
    private readonly List<ArchiveManifest> _manifests = [];
    private readonly List<Descriptor> _index = [];
    private readonly Dictionary<string, Dictionary<string, string>> _repositories = [];
    private readonly SortedDictionary<string, Func<UstarWriter, CancellationToken, Task>> _blobs = new(StringComparer.Ordinal);

    /// <summary>
    /// Adds an image under the names it is saved with (none: by id). Several are the same image for several platforms: an index holds them together,
    /// and who knows the docker-archive only finds the first. An image with attestations goes as it came, compressed layers and all, as they speak of
    /// just that; others with their layers plain.
    /// </summary>
    /// <param name="root">The index whose attestations come along; null for none.</param>
    internal void Add(IReadOnlyList<ImageRecord> platforms, IReadOnlyList<ImageReference> references, Digest? root)
    {
        var entries = root is { } index ? IndexEntries.Read(store.Content, index) : [];
        var attestations = entries.Select(entry => Attestation.Find(store.Content, entry)).OfType<Attestation>().Where(IsNamedBySha256).ToList();
        var added = platforms.Select(image => AddAttested(image, attestations) ?? Add(image)).ToList();
        var children = added.SelectMany(image => image.Attestations.Select(attestation => attestation.Entry).Prepend(image.Descriptor with { Platform = image.Platform })).ToList();
        var isWhole = entries.Count > 1 && entries.All(entry => children.Exists(child => child.Digest == entry.Digest));
        AddNames(isWhole ? AddIndex(root!.Value) : children is [_] ? added[0].Descriptor : AddIndex(children), references, added[0].Layers);
        _manifests.Add(new ArchiveManifest
        {
            Config = MemberOf(platforms[0].Id),
            RepoTags = references.Count == 0 ? null : [.. references.Select(r => r.Familiar)],
            Layers = [.. added[0].Layers.Select(l => MemberOf(l.Digest))],
            LayerSources = added[0].Attestations.Count > 0 ? null : added[0].Layers.DistinctBy(l => l.Digest).ToDictionary(l => l.Digest.ToString()),
        });
    }

    /// <summary>The index as it came.</summary>
    private Descriptor AddIndex(Digest root)
    {
        lease.Protect(root);
        var content = store.Content.ReadAll(root);
        AddDocument(root, content, DateTimeOffset.UnixEpoch);
        var mediaType = JsonSerializer.Deserialize(content, OciJson.Default.ImageIndex)?.MediaType;
        return new Descriptor { MediaType = MediaTypes.IsIndex(mediaType) ? mediaType! : MediaTypes.OciIndex, Digest = root, Size = content.Length };
    }

    private Descriptor AddIndex(IReadOnlyList<Descriptor> manifests)
    {
        var index = JsonSerializer.SerializeToUtf8Bytes(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = manifests }, OciJson.Plain.ImageIndex);
        var digest = Digest.Of(index);
        AddDocument(digest, index, DateTimeOffset.UnixEpoch);
        return new Descriptor { MediaType = MediaTypes.OciIndex, Digest = digest, Size = index.Length };
    }

    /// <summary>An image as it came with what is attested of it; null where nothing is, or it is not here as it came.</summary>
    private AddedImage? AddAttested(ImageRecord image, IReadOnlyList<Attestation> all)
    {
        var plan = PushPlan.For(store, lease, image);
        var attestations = plan.Manifest is { } original ? all.Where(attestation => Attestation.IsOf(attestation.Entry, original.Descriptor.Digest)).ToList() : [];
        if (attestations.Count == 0 || plan.Layers.Any(layer => layer.Blob!.Digest.Algorithm != "sha256"))
        {
            return null;
        }

        var (descriptor, content) = plan.Manifest!.Value;
        var created = image.Created ?? DateTimeOffset.UnixEpoch;
        AddDocument(image.Id, plan.Config, created);
        AddDocument(descriptor.Digest, content, DateTimeOffset.UnixEpoch);
        foreach (var layer in plan.Layers)
        {
            AddBlob(layer.Blob!, created);
        }

        foreach (var attestation in attestations)
        {
            AddDocument(attestation.Entry.Digest, attestation.Content, DateTimeOffset.UnixEpoch);
            foreach (var part in attestation.Blobs)
            {
                AddBlob(part, DateTimeOffset.UnixEpoch);
            }
        }

        return new AddedImage(descriptor, [.. plan.Layers.Select(layer => layer.Blob!)], store.Config(image.Id).Platform, attestations);
    }

    private static bool IsNamedBySha256(Attestation attestation) => attestation.All.All(part => part.Digest.Algorithm == "sha256");

    private AddedImage Add(ImageRecord image)
    {
        var configBytes = store.Content.ReadAll(image.Id);
        var config = JsonSerializer.Deserialize(configBytes, OciJson.Default.ImageConfig)!;
        var created = image.Created ?? DateTimeOffset.UnixEpoch;
        var layers = ChainId.Of(config.RootFs.DiffIds).Select(id => AddLayer(id, created)).ToList();
        AddDocument(image.Id, configBytes, created);

        var manifest = JsonSerializer.SerializeToUtf8Bytes(
            new Manifest
            {
                MediaType = MediaTypes.OciManifest,
                Config = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = image.Id, Size = configBytes.Length },
                Layers = layers,
            },
            OciJson.Plain.Manifest);
        var manifestDigest = Digest.Of(manifest);
        AddDocument(manifestDigest, manifest, DateTimeOffset.UnixEpoch);
        return new AddedImage(new Descriptor { MediaType = MediaTypes.OciManifest, Digest = manifestDigest, Size = manifest.Length }, layers, config.Platform, []);
    }

    internal async Task WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        var tar = new UstarWriter(destination);
        await tar.DirectoryAsync("blobs/", DateTimeOffset.UnixEpoch, cancellationToken).ConfigureAwait(false);
        await tar.DirectoryAsync("blobs/sha256/", DateTimeOffset.UnixEpoch, cancellationToken).ConfigureAwait(false);
        foreach (var write in _blobs.Values)
        {
            await write(tar, cancellationToken).ConfigureAwait(false);
        }

        var index = new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = _index };
        await tar.FileAsync("index.json", JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Plain.ImageIndex), DateTimeOffset.UnixEpoch, cancellationToken).ConfigureAwait(false);
        await tar.FileAsync("manifest.json", JsonSerializer.SerializeToUtf8Bytes(_manifests, ArchiveJson.Default.IReadOnlyListArchiveManifest), DateTimeOffset.UnixEpoch, cancellationToken).ConfigureAwait(false);
        await tar.FileAsync("oci-layout", JsonSerializer.SerializeToUtf8Bytes(new OciLayout(), ArchiveJson.Default.OciLayout), DateTimeOffset.UnixEpoch, cancellationToken).ConfigureAwait(false);
        if (_repositories.Count > 0)
        {
            var names = JsonSerializer.SerializeToUtf8Bytes(_repositories, ArchiveJson.Default.DictionaryStringDictionaryStringString);
            await tar.FileAsync("repositories", names, DateTimeOffset.UnixEpoch, cancellationToken).ConfigureAwait(false);
        }

        await tar.EndAsync(cancellationToken).ConfigureAwait(false);
    }

    private void AddNames(Descriptor manifest, IReadOnlyList<ImageReference> references, IReadOnlyList<Descriptor> layers)
    {
        if (references.Count == 0)
        {
            _index.Add(manifest);
        }

        foreach (var reference in references)
        {
            _index.Add(manifest with
            {
                Annotations = new SortedDictionary<string, string>
                {
                    ["io.containerd.image.name"] = reference.ToString(),
                    ["org.opencontainers.image.ref.name"] = reference.Tag ?? string.Empty,
                },
            });
            if (reference.Tag is not null && layers.Count > 0)
            {
                _repositories.TryAdd(reference.FamiliarName, []);
                _repositories[reference.FamiliarName][reference.Tag] = layers[^1].Digest.Hex;
            }
        }
    }

    private Descriptor AddLayer(Digest chainId, DateTimeOffset time)
    {
        var layer = store.Layers.Find(chainId) ?? throw Errors.GantryException.Internal($"layer {chainId} is missing in the store");
        _blobs.TryAdd(layer.DiffId.Hex, (tar, cancellationToken) => tar.FileAsync(
            MemberOf(layer.DiffId), layer.TarSize, time, (stream, token) => store.Layers.WriteLayerTarAsync(chainId, stream, token), cancellationToken));
        return new Descriptor { MediaType = MediaTypes.OciLayer, Digest = layer.DiffId, Size = layer.TarSize };
    }

    /// <summary>Content of the store as it is there.</summary>
    private void AddBlob(Descriptor blob, DateTimeOffset time)
    {
        lease.Protect(blob.Digest);
        _blobs.TryAdd(blob.Digest.Hex, (tar, cancellationToken) => tar.FileAsync(
            MemberOf(blob.Digest), blob.Size, time,
            async (stream, token) =>
            {
                var file = store.Content.OpenRead(blob.Digest);
                await using var reading = file.ConfigureAwait(false);
                await file.CopyToAsync(stream, token).ConfigureAwait(false);
            },
            cancellationToken));
    }

    private void AddDocument(Digest digest, byte[] content, DateTimeOffset time) =>
        _blobs.TryAdd(digest.Hex, (tar, cancellationToken) => tar.FileAsync(MemberOf(digest), content, time, cancellationToken));

    private static string MemberOf(Digest digest) => $"blobs/sha256/{digest.Hex}";

    /// <param name="Descriptor">Its manifest.</param>
    /// <param name="Layers">As they are in the archive, bottom first.</param>
    private sealed record AddedImage(Descriptor Descriptor, IReadOnlyList<Descriptor> Layers, Platform Platform, IReadOnlyList<Attestation> Attestations);
}
