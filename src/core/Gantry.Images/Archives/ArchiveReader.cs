using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Attestations;
using Gantry.Images.Queries;
using Gantry.Images.Transfer;
using Gantry.Oci;

namespace Gantry.Images.Archives;

/// <summary>Makes images of an archive's members: from manifest.json where there is one, else from the OCI layout's index.</summary>
internal sealed class ArchiveReader(ImageStore store, ContentLease lease, ArchiveMembers members, Platform? platform, IProgress<LoadProgress>? progress)
{
    private const string NameAnnotation = "io.containerd.image.name";
    private const string RefNameAnnotation = "org.opencontainers.image.ref.name";

    /// <exception cref="GantryException">InvalidArgument: neither kind of archive, or a part is missing; DataCorrupt: a layer is not what the config says.</exception>
    internal async Task<IReadOnlyList<LoadedImage>> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return members.Contains("manifest.json") ? await LoadDockerAsync(cancellationToken).ConfigureAwait(false)
                : !members.Contains("index.json") && LegacyArchive.Is(members) ? await LoadLegacyAsync(cancellationToken).ConfigureAwait(false)
                : await LoadLayoutAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw GantryException.InvalidArgument("invalid archive: malformed JSON", e);
        }
    }

    private async Task<IReadOnlyList<LoadedImage>> LoadDockerAsync(CancellationToken cancellationToken)
    {
        var loaded = new List<LoadedImage>();
        foreach (var manifest in ArchiveDocuments.Manifests(members.Read("manifest.json")))
        {
            var config = members.Read(manifest.Config);
            if (!IsWanted(config))
            {
                continue;
            }

            var layers = (manifest.Layers ?? []).Select(members.Get).ToList();
            var references = (manifest.RepoTags ?? []).Select(ImageReference.Parse).Select(r => r.WithDefaultTag()).ToList();
            loaded.AddRange(await AddAsync(config, layers, null, references, cancellationToken).ConfigureAwait(false));
        }

        return members.Contains("index.json") ? await AddPlatformsAsync(loaded, cancellationToken).ConfigureAwait(false) : loaded;
    }

    /// <summary>Names of an archive's docker part may stand for further platforms' images in its OCI part.</summary>
    private async Task<IReadOnlyList<LoadedImage>> AddPlatformsAsync(List<LoadedImage> loaded, CancellationToken cancellationToken)
    {
        foreach (var entry in Index().Where(entry => MediaTypes.IsIndex(entry.MediaType)))
        {
            var images = await AddIndexAsync(entry, cancellationToken).ConfigureAwait(false);
            loaded.AddRange(images.Where(image => !loaded.Exists(known => known.Reference == image.Reference && (known.Reference is not null || known.Id == image.Id))));
        }

        return loaded;
    }

    private IReadOnlyList<Descriptor> Index() => ArchiveDocuments.Index(members.Read("index.json"));

    /// <summary>All images of an index that are in the archive and wanted, under the same names; the one for this host counts as the loaded one.</summary>
    private async Task<IReadOnlyList<LoadedImage>> AddIndexAsync(Descriptor entry, CancellationToken cancellationToken)
    {
        var root = new Descriptor { MediaType = entry.MediaType, Digest = entry.Digest, Size = entry.Size };
        var loaded = new List<(bool IsHost, IReadOnlyList<LoadedImage> Images)>();
        var entries = IndexEntries.Read(store.Content, entry.Digest).Where(child => members.Contains(MemberOf(child.Digest))).ToList();
        foreach (var child in entries.Where(child => !Attestation.Is(child)))
        {
            var manifest = IndexEntries.Manifest(store.Content, child)?.Manifest;
            if (manifest is null || !manifest.Layers.Append(manifest.Config).All(blob => blob is { Digest.IsEmpty: false } && members.Contains(MemberOf(blob.Digest))))
            {
                continue;
            }

            var config = ReadBlob(manifest.Config.Digest);
            var offered = ArchiveDocuments.Config(config).Platform;
            if (offered.Os == Platform.Host.Os && platform?.Accepts(offered) != false)
            {
                var attestations = entries.Where(other => Attestation.IsOf(other, child.Digest)).Select(other => Attestation.Find(store.Content, other)).OfType<Attestation>();
                var origin = new Origin(root, [.. attestations.SelectMany(attestation => attestation.All)]);
                loaded.Add((Platform.Host.Accepts(offered), await AddAsync(config, manifest.Layers, child, References(entry), cancellationToken, origin).ConfigureAwait(false)));
            }
        }

        return loaded.OrderByDescending(image => image.IsHost).Select(image => image.Images).FirstOrDefault() ?? [];
    }

    /// <exception cref="GantryException">InvalidArgument: an image for another system than this one's.</exception>
    private bool IsWanted(byte[] configBytes)
    {
        var config = ArchiveDocuments.Config(configBytes);
        return !config.Platform.Os.Equals(Platform.Host.Os, StringComparison.OrdinalIgnoreCase)
            ? throw GantryException.InvalidArgument($"cannot load {config.Os} image on {Platform.Host.Os}")
            : platform is null || platform.Accepts(config.Platform);
    }

    /// <summary>Docker says nothing about what it found in such an archive.</summary>
    private async Task<IReadOnlyList<LoadedImage>> LoadLegacyAsync(CancellationToken cancellationToken)
    {
        if (platform is not null)
        {
            throw GantryException.InvalidArgument("an archive of the format before Docker 1.10 has no platforms to choose from");
        }

        await new LegacyArchive(store, lease, members).LoadAsync(cancellationToken).ConfigureAwait(false);
        return [];
    }

    private async Task<IReadOnlyList<LoadedImage>> LoadLayoutAsync(CancellationToken cancellationToken)
    {
        var loaded = new List<LoadedImage>();
        foreach (var entry in Index().Where(entry => !Attestation.Is(entry)))
        {
            var several = MediaTypes.IsIndex(entry.MediaType) ? await AddIndexAsync(entry, cancellationToken).ConfigureAwait(false) : [];
            loaded.AddRange(several);
            if (several.Count == 0 && Choose(entry, 0) is { } chosen)
            {
                var manifest = ArchiveDocuments.Manifest(ReadBlob(chosen.Digest));
                loaded.AddRange(await AddAsync(ReadBlob(manifest.Config.Digest), manifest.Layers, chosen, References(entry), cancellationToken).ConfigureAwait(false));
            }
        }

        return loaded.Count > 0 ? loaded : throw GantryException.InvalidArgument("invalid archive: no image for this platform");
    }

    /// <summary>Follows nested indexes to the manifest for this host.</summary>
    private Descriptor? Choose(Descriptor descriptor, int depth)
    {
        if (!MediaTypes.IsIndex(descriptor.MediaType))
        {
            return descriptor;
        }

        var entries = depth < 4 ? ArchiveDocuments.Index(ReadBlob(descriptor.Digest)) : [];
        var candidates = entries.Where(m => MediaTypes.IsManifest(m.MediaType) || MediaTypes.IsIndex(m.MediaType)).ToList();
        var match = candidates.FirstOrDefault(m => m.Platform is not null && (platform ?? Platform.Host).Accepts(m.Platform))
            ?? (candidates is [{ Platform: null } only] ? only : null);
        return match is null ? null : Choose(match, depth + 1);
    }

    private static List<ImageReference> References(Descriptor entry)
    {
        var name = entry.Annotations?.GetValueOrDefault(NameAnnotation);
        var fallback = entry.Annotations?.GetValueOrDefault(RefNameAnnotation);
        return (name ?? fallback) is { } text && ImageReference.TryParse(text, out var reference) ? [reference.WithDefaultTag()] : [];
    }

    private async Task<IReadOnlyList<LoadedImage>> AddAsync(
        byte[] configBytes, IReadOnlyList<Descriptor> layers, Descriptor? manifest, IReadOnlyList<ImageReference> references, CancellationToken cancellationToken,
        Origin? origin = null)
    {
        var config = ArchiveDocuments.Config(configBytes);
        if (config.RootFs.DiffIds.Count != layers.Count)
        {
            throw GantryException.InvalidArgument($"invalid manifest, layers length mismatch: expected {config.RootFs.DiffIds.Count}, got {layers.Count}");
        }

        await UnpackAsync(config.RootFs.DiffIds, layers, cancellationToken).ConfigureAwait(false);
        await store.Content.WriteAsync(lease, configBytes, cancellationToken).ConfigureAwait(false);
        var before = references.Select(store.FindReference).ToList();
        var image = await store.CreateAsync(
            lease,
            new NewImage
            {
                Config = configBytes,
                Manifest = manifest,
                LayerBlobs = manifest is null || layers.All(IsPlain) ? [] : layers,
                Index = origin?.Index,
                Documents = origin?.Attestations ?? [],
                References = references,
                NamesCameAlong = true,
            },
            cancellationToken).ConfigureAwait(false);
        return references.Count == 0
            ? [new LoadedImage(image.Id, null)]
            : [.. references.Select((r, i) => new LoadedImage(image.Id, r) { Replaced = before[i] is { } old && old != image.Id ? old : null })];
    }

    /// <summary>
    /// All layers at once: each is unpacked into a directory of its own. What was unpacked already is taken from the bottom up, so that of one
    /// layer that an image has twice the lower one is there first. The first failure ends those who wait for it.
    /// </summary>
    private Task UnpackAsync(IReadOnlyList<Digest> diffIds, IReadOnlyList<Descriptor> layers, CancellationToken cancellationToken)
    {
        var chain = ChainId.Of(diffIds);
        foreach (var id in chain)
        {
            lease.Protect(id);
        }

        return Together.RunAsync(
            Enumerable.Range(0, diffIds.Count).Where(i => !store.Layers.Exists(chain[i])).ToList(),
            async (i, token) =>
            {
                var parent = i == 0 ? default : chain[i - 1];
                await (members.TryAdopt(layers[i].Digest, diffIds[i], parent, out var adopted)
                    ? adopted.WaitAsync(token)
                    : Task.Run(() => UnpackAsync(parent, diffIds[i], layers[i], token), token)).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    private async Task UnpackAsync(Digest parent, Digest diffId, Descriptor layer, CancellationToken cancellationToken)
    {
        await using var blob = await members.OpenLayerAsync(layer.Digest, cancellationToken).ConfigureAwait(false);
        await using var tar = await store.Layers.OpenTarAsync(blob, cancellationToken: cancellationToken).ConfigureAwait(false);
        var report = progress is null ? null : new Progress(progress, diffId.Short, layer.Size);
        await store.Layers.ApplyLayerAsync(parent, diffId, tar, report, cancellationToken).ConfigureAwait(false);
    }

    private byte[] ReadBlob(Digest digest) => members.Read(MemberOf(digest));

    private static string MemberOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>A layer that is not compressed is nothing that a registry wants, and can be made again of the unpacked one.</summary>
    private static bool IsPlain(Descriptor layer) => layer.MediaType is MediaTypes.OciLayer or MediaTypes.DockerLayer;

    /// <summary>Where an image is from: an index, with what is attested of it there.</summary>
    private sealed record Origin(Descriptor Index, IReadOnlyList<Descriptor> Attestations);

    /// <summary>Reports on the unpacking thread, in order.</summary>
    private sealed class Progress(IProgress<LoadProgress> target, string layer, long total) : IProgress<long>
    {
        public void Report(long value) => target.Report(new LoadProgress(layer, Math.Min(value, total), total));
    }
}
