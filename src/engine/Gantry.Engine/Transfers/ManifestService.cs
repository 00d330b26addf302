using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Engine.Transfers;

/// <summary>A manifest or index of a registry, with the config of an image.</summary>
/// <param name="Content">The document's bytes, in base64 on the wire.</param>
/// <param name="Config">The image's config, which says what it runs on; null for an index.</param>
public sealed record RemoteManifest(string MediaType, string Digest, byte[] Content, byte[]? Config);

/// <summary>A blob that another repository of the same registry has.</summary>
public sealed record BlobToMount(string From, string Digest);

/// <summary>A manifest or index to store, after what it needs was mounted.</summary>
public sealed record ManifestToPush(string MediaType, byte[] Content, IReadOnlyList<BlobToMount>? Mounts);

/// <summary>Single manifests of registries, for <c>gantry manifest</c>: nothing of it stays in this engine.</summary>
public sealed class ManifestService
{
    private const int MaxConfig = 4 << 20;
    private readonly EngineCore _core;

    internal ManifestService(EngineCore core) => _core = core;

    /// <exception cref="GantryException">NotFound, or as the registry fails.</exception>
    public async Task<RemoteManifest> GetAsync(ImageReference reference, RegistryCredentials? credentials, bool insecure, CancellationToken cancellationToken)
    {
        using var client = Client(reference, insecure);
        var named = reference.Digest.IsEmpty ? reference.WithDefaultTag() : reference;
        var repository = client.OpenForPush(named, credentials);
        var manifest = await repository.GetManifestAsync(named.Digest.IsEmpty ? named.Tag! : named.Digest.ToString(), cancellationToken).ConfigureAwait(false);
        if (!MediaTypes.IsManifest(manifest.MediaType))
        {
            return new RemoteManifest(manifest.MediaType, manifest.Digest.ToString(), manifest.Content.ToArray(), null);
        }

        var parsed = System.Text.Json.JsonSerializer.Deserialize(manifest.Content.Span, OciJson.Default.Manifest);
        var config = parsed?.Config is { Digest.IsEmpty: false } descriptor ? await repository.GetBlobAsync(descriptor, MaxConfig, cancellationToken).ConfigureAwait(false) : null;
        return new RemoteManifest(manifest.MediaType, manifest.Digest.ToString(), manifest.Content.ToArray(), config);
    }

    /// <returns>The digest that the registry has the document by.</returns>
    /// <exception cref="GantryException">As the registry fails.</exception>
    public async Task<Digest> PushAsync(
        ImageReference reference, ManifestToPush manifest, RegistryCredentials? credentials, bool insecure, CancellationToken cancellationToken)
    {
        using var client = Client(reference, insecure);
        var repository = client.OpenForPush(reference, credentials);
        foreach (var blob in manifest.Mounts ?? [])
        {
            if (!await repository.MountAsync(Digest.Parse(blob.Digest), blob.From, cancellationToken).ConfigureAwait(false))
            {
                throw GantryException.Internal($"blob mounted from: {reference.Domain}/{blob.From}@{blob.Digest} to: {reference}");
            }
        }

        var name = reference.Digest.IsEmpty ? reference.WithDefaultTag().Tag! : reference.Digest.ToString();
        return await repository.PutManifestAsync(name, manifest.MediaType, manifest.Content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A client of its own, so that what one command calls insecure is not so for the engine.</summary>
    private RegistryClient Client(ImageReference reference, bool insecure)
    {
        var options = _core.Parts.Registry.Options;
        return new RegistryClient(insecure ? options with { InsecureRegistries = [.. options.InsecureRegistries, reference.Domain] } : options);
    }
}
