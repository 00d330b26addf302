using System.Text;
using Gantry.Oci;

namespace Gantry.RegistryServer.Storage;

/// <summary>Manifests by digest and the tags that point at them.</summary>
internal sealed class ManifestStore(StorePaths paths, ContentLinks links)
{
    private readonly Lock[] _locks = [.. Enumerable.Range(0, 32).Select(_ => new Lock())];

    internal bool RepositoryExists(RepositoryName name) => Directory.Exists(paths.Manifests(name));

    internal bool Exists(RepositoryName name, Digest digest) => File.Exists(paths.Manifest(name, digest));

    internal StoredManifest? Read(RepositoryName name, Digest digest)
    {
        try
        {
            return new StoredManifest(
                digest, File.ReadAllText(paths.ManifestType(name, digest)), File.ReadAllBytes(paths.Manifest(name, digest)));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The digest a tag points at, or null.</summary>
    internal Digest? Resolve(RepositoryName name, string tag)
    {
        try
        {
            return Digest.TryParse(File.ReadAllText(paths.Tag(name, tag)), out var digest) ? digest : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Stores the manifest and moves the tags to it.</summary>
    internal void Write(RepositoryName name, StoredManifest manifest, IEnumerable<string> tags)
    {
        lock (LockOf(name))
        {
            WriteFile(paths.ManifestType(name, manifest.Digest), Encoding.UTF8.GetBytes(manifest.MediaType));
            var temporary = paths.NewTemporary();
            File.WriteAllBytes(temporary, manifest.Content);
            links.Publish(temporary, manifest.Digest, paths.Manifest(name, manifest.Digest));
            foreach (var tag in tags)
            {
                WriteFile(paths.Tag(name, tag), Encoding.ASCII.GetBytes(manifest.Digest.ToString()));
            }
        }
    }

    /// <summary>Removes a tag only; false when there was none.</summary>
    internal bool DeleteTag(RepositoryName name, string tag)
    {
        lock (LockOf(name))
        {
            return ContentLinks.RemoveName(paths.Tag(name, tag));
        }
    }

    /// <summary>Removes the tags that point at the manifest, then the manifest; false when there was none.</summary>
    internal bool Delete(RepositoryName name, Digest digest)
    {
        lock (LockOf(name))
        {
            if (!Exists(name, digest))
            {
                return false;
            }

            foreach (var tag in Tags(name).Where(tag => Resolve(name, tag) == digest))
            {
                ContentLinks.RemoveName(paths.Tag(name, tag));
            }

            links.Remove(paths.Manifest(name, digest), digest);
            ContentLinks.RemoveName(paths.ManifestType(name, digest));
            return true;
        }
    }

    /// <summary>All tags in ordinal order.</summary>
    internal List<string> Tags(RepositoryName name)
    {
        try
        {
            var tags = Directory.EnumerateFiles(paths.Tags(name)).Select(file => Path.GetFileName(file)).ToList();
            tags.Sort(StringComparer.Ordinal);
            return tags;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Writes a small file so that readers see the old or the new text, never half of one.</summary>
    internal void WriteFile(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = paths.NewTemporary();
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    private Lock LockOf(RepositoryName name) => _locks[(int)((uint)name.Value.GetHashCode(StringComparison.Ordinal) % (uint)_locks.Length)];
}
