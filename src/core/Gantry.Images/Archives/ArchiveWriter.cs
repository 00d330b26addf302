using System.Text.Json;
using Gantry.Oci;

namespace Gantry.Images.Archives;

/// <summary>Writes images as one tar that is a docker-archive (manifest.json, repositories) and an OCI layout (index.json, blobs) at once, as Docker 25 and later do.</summary>
internal sealed class ArchiveWriter(ImageStore store)
{
    private readonly List<ArchiveManifest> _manifests = [];
    private readonly List<Descriptor> _index = [];
    private readonly Dictionary<string, Dictionary<string, string>> _repositories = [];
    private readonly SortedDictionary<string, Func<UstarWriter, CancellationToken, Task>> _blobs = new(StringComparer.Ordinal);

    /// <summary>
    /// Adds an image under the names it is saved with (none: by id). Several are the same image for several platforms: an index holds them together,
    /// and who knows the docker-archive only finds the first.
    /// </summary>
    internal void Add(IReadOnlyList<ImageRecord> platforms, IReadOnlyList<ImageReference> references)
    {
        var added = platforms.Select(Add).ToList();
        var (first, layers) = (added[0], added[0].Layers);
        var root = added.Count == 1 ? first.Descriptor : AddIndex(added.Select(a => a.Descriptor with { Platform = a.Platform }));
        AddNames(root, references, layers);
        _manifests.Add(new ArchiveManifest
        {
            Config = MemberOf(platforms[0].Id),
            RepoTags = references.Count == 0 ? null : [.. references.Select(r => r.Familiar)],
            Layers = [.. layers.Select(l => MemberOf(l.Digest))],
            LayerSources = layers.DistinctBy(l => l.Digest).ToDictionary(l => l.Digest.ToString()),
        });
    }

    private Descriptor AddIndex(IEnumerable<Descriptor> manifests)
    {
        var index = JsonSerializer.SerializeToUtf8Bytes(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [.. manifests] }, OciJson.Plain.ImageIndex);
        var digest = Digest.Of(index);
        AddDocument(digest, index, DateTimeOffset.UnixEpoch);
        return new Descriptor { MediaType = MediaTypes.OciIndex, Digest = digest, Size = index.Length };
    }

    private (Descriptor Descriptor, IReadOnlyList<Descriptor> Layers, Platform Platform) Add(ImageRecord image)
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
        return (new Descriptor { MediaType = MediaTypes.OciManifest, Digest = manifestDigest, Size = manifest.Length }, layers, config.Platform);
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

    private void AddDocument(Digest digest, byte[] content, DateTimeOffset time) =>
        _blobs.TryAdd(digest.Hex, (tar, cancellationToken) => tar.FileAsync(MemberOf(digest), content, time, cancellationToken));

    private static string MemberOf(Digest digest) => $"blobs/sha256/{digest.Hex}";
}
