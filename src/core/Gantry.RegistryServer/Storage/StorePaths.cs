using Gantry.Oci;

namespace Gantry.RegistryServer.Storage;

/// <summary>
/// Where things lie. <c>blobs/</c> holds every content once; each repository that has it holds another hard link, so a content's link count
/// says how many use it, a mount is one link(2), and nothing has to be counted or collected when a repository lets go
/// (docs/design/registry-storage.md).
/// </summary>
internal sealed class StorePaths(string root)
{
    internal string Root { get; } = Path.GetFullPath(root);

    internal string Temporary => Path.Combine(Root, "tmp");

    internal string Blobs => Path.Combine(Root, "blobs");

    /// <summary>Blobs of upstreams whose fetch broke off.</summary>
    internal string Partials => Path.Combine(Root, "partial");

    internal string Repositories => Path.Combine(Root, "repositories");

    internal string LockFile => Path.Combine(Root, "lock");

    internal string Blob(Digest digest) => Path.Combine(Blobs, digest.Algorithm, digest.Hex[..2], digest.Hex);

    internal string Repository(RepositoryName name) => Path.Combine(Repositories, name.Value);

    /// <summary>Where a copy of another registry's repository says whose it is.</summary>
    internal string Origin(RepositoryName name) => Path.Combine(Repository(name), "_upstream");

    internal string Partial(Digest digest) => Path.Combine(Partials, digest.Algorithm, digest.Hex);

    internal string RepositoryBlobs(RepositoryName name) => Path.Combine(Repository(name), "_blobs");

    internal string RepositoryBlob(RepositoryName name, Digest digest) => Path.Combine(RepositoryBlobs(name), digest.Algorithm, digest.Hex);

    internal string Manifests(RepositoryName name) => Path.Combine(Repository(name), "_manifests");

    internal string Manifest(RepositoryName name, Digest digest) => Path.Combine(Manifests(name), digest.Algorithm, digest.Hex);

    /// <summary>The media type a manifest was pushed with; written before the manifest itself appears.</summary>
    internal string ManifestType(RepositoryName name, Digest digest) => Manifest(name, digest) + ".type";

    internal string Tags(RepositoryName name) => Path.Combine(Repository(name), "_tags");

    internal string Tag(RepositoryName name, string tag) => Path.Combine(Tags(name), tag);

    internal string Referrers(RepositoryName name, Digest subject) => Path.Combine(Repository(name), "_referrers", subject.Algorithm, subject.Hex);

    internal string Referrer(RepositoryName name, Digest subject, Digest referrer) =>
        Path.Combine(Referrers(name, subject), $"{referrer.Algorithm}-{referrer.Hex}");

    internal string Uploads(RepositoryName name) => Path.Combine(Repository(name), "_uploads");

    internal string Upload(RepositoryName name, Guid id) => Path.Combine(Uploads(name), id.ToString("N"));

    internal string NewTemporary() => Path.Combine(Temporary, Guid.NewGuid().ToString("N"));
}
