using System.Text.Json;
using Gantry.Api;
using Gantry.Errors;
using Gantry.Images.Archives;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>Images as files: load, save, import.</summary>
public sealed partial class ImageStore
{
    /// <summary>Makes an image of one layer from a (possibly compressed) root file system tar.</summary>
    /// <exception cref="GantryException">DataCorrupt: not a tar, or a hostile one.</exception>
    public async Task<ImageRecord> ImportAsync(Stream tar, ImportOptions options, CancellationToken cancellationToken = default)
    {
        using var lease = Content.Lease("import");
        await using var plain = await Layers.OpenTarAsync(tar, leaveOpen: true, cancellationToken).ConfigureAwait(false);
        var layer = await Layers.ApplyLayerAsync(default, plain, lease.Protect, cancellationToken).ConfigureAwait(false);
        lease.Protect(layer.ChainId);
        var platform = options.Platform ?? Oci.Platform.Host;
        var now = GoTime.Format(DateTimeOffset.UtcNow);
        var message = options.Message ?? string.Empty;
        var config = JsonSerializer.SerializeToUtf8Bytes(
            new ImageConfig
            {
                Architecture = platform.Architecture,
                Os = platform.Os,
                Variant = platform.Variant,
                Created = now,
                Comment = message,
                Config = options.Config ?? new ImageRunConfig(),
                RootFs = new RootFs { DiffIds = [layer.DiffId] },
                History = [new HistoryEntry { Created = now, Comment = message }],
            },
            OciJson.Default.ImageConfig);
        await Content.WriteAsync(lease, config, cancellationToken).ConfigureAwait(false);
        var image = await CreateAsync(lease, new NewImage { Config = config, References = options.Reference is { } r ? [r.WithDefaultTag()] : [] }, cancellationToken).ConfigureAwait(false);
        RaiseTags(image.Id, options.Reference is { } name ? [name] : []);
        Raise(new ImageEvent("import", image.Id.ToString(), image.Id.ToString(), DateTimeOffset.UtcNow));
        return image;
    }

    /// <summary>Reads a docker-archive or OCI layout tar, possibly compressed; of its images those for <paramref name="platform"/> where one is given.</summary>
    /// <exception cref="GantryException">InvalidArgument: not such an archive; DataCorrupt: its content isn't what it says. No image is recorded then.</exception>
    public async Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream archive, Platform? platform = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var brought = new List<Digest>();
        IReadOnlyList<LoadedImage> loaded;
        try
        {
            using var lease = Content.Lease("load");
            await using var plain = await Layers.OpenTarAsync(archive, leaveOpen: true, cancellationToken).ConfigureAwait(false);
            var members = await ArchiveMembers.ReadAsync(this, lease, plain, brought, progress, cancellationToken).ConfigureAwait(false);
            await using var closing = members.ConfigureAwait(false);
            loaded = await new ArchiveReader(this, lease, members, platform, progress).LoadAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            DiscardUnused(brought);
        }

        foreach (var image in loaded)
        {
            Raise(new ImageEvent("load", image.Id.ToString(), image.Reference?.Familiar ?? image.Id.ToString(), DateTimeOffset.UtcNow));
        }

        return loaded;
    }

    /// <summary>Writes one tar that is both a docker-archive and an OCI layout. Names without tag save all tags of the repository.</summary>
    /// <exception cref="GantryException">NotFound: an image isn't there; nothing was written then.</exception>
    /// <param name="platform">Only the names' images for it; null for those of all platforms that are here.</param>
    public async Task SaveAsync(IReadOnlyList<string> names, Platform? platform, Stream destination, CancellationToken cancellationToken = default)
    {
        using var lease = Content.Lease("save");
        var writer = new ArchiveWriter(this, lease);
        var selected = Select(names);
        foreach (var (image, references) in selected)
        {
            if (platform is null)
            {
                var name = references.Count > 0 ? references[0] : References(image.Id).FirstOrDefault(reference => IndexOf(reference) is not null);
                writer.Add(Platforms(references.Count > 0 ? references[0].ToString() : image.Id.ToString()), references, name is null ? null : IndexOf(name));
            }
            else
            {
                writer.Add([For(image, references, platform)], references, null);
            }
        }

        await writer.WriteAsync(destination, cancellationToken).ConfigureAwait(false);
        foreach (var (image, _) in selected)
        {
            Raise(new ImageEvent("save", image.Id.ToString(), image.Id.ToString(), DateTimeOffset.UtcNow));
        }
    }

    /// <summary>Checks what <see cref="SaveAsync"/> will be asked, before the first byte goes out.</summary>
    /// <exception cref="GantryException">NotFound: no such image; Internal, as Docker has it: an image is for another platform than the one wanted.</exception>
    public void CheckSave(IReadOnlyList<string> names, Platform? platform)
    {
        foreach (var (image, references) in Select(names))
        {
            _ = platform is null ? image : For(image, references, platform);
        }
    }

    /// <exception cref="GantryException">Internal, as Docker has it: there is none for the platform.</exception>
    private ImageRecord For(ImageRecord image, IReadOnlyList<ImageReference> references, Platform platform)
    {
        try
        {
            return Resolve(references.Count > 0 ? references[0].ToString() : image.Id.ToString(), platform);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw GantryException.Internal($"no suitable export target found for platform {platform}", e);
        }
    }

    /// <summary>The images that names stand for, each once, with the references it is saved under.</summary>
    private List<(ImageRecord Image, IReadOnlyList<ImageReference> References)> Select(IReadOnlyList<string> names)
    {
        var order = new List<Digest>();
        var references = new Dictionary<Digest, List<ImageReference>>();
        foreach (var name in names)
        {
            // A bare repository name stands for all its tags; without any it may still be an id.
            var named = ImageReference.TryParse(name, out var reference) && reference.Digest.IsEmpty
                ? reference.IsNameOnly ? Tags(reference.Name) : [reference]
                : [];
            foreach (var tag in named.Where(t => FindReference(t) is not null))
            {
                Take(FindReference(tag)!.Value).Add(tag);
            }

            if (!named.Any(t => FindReference(t) is not null))
            {
                Take((Find(name) ?? throw GantryException.NotFound(
                    reference is { IsNameOnly: false } ? "reference does not exist" : $"No such image: {name}")).Id);
            }
        }

        return [.. order.Select(id => (Find(id)!, (IReadOnlyList<ImageReference>)[.. references[id].Distinct()]))];

        List<ImageReference> Take(Digest id)
        {
            if (!references.TryGetValue(id, out var list))
            {
                order.Add(id);
                references[id] = list = [];
            }

            return list;
        }
    }
}
