using System.Text.Json;
using Gantry.Oci;
using Gantry.RegistryServer.Json;

namespace Gantry.RegistryServer.Storage;

/// <summary>Which manifests name another one as their subject: one small file each, holding the descriptor that the referrers list shows.</summary>
internal sealed class ReferrerIndex(StorePaths paths, ManifestStore manifests)
{
    internal void Add(RepositoryName name, Digest subject, Descriptor referrer) =>
        manifests.WriteFile(paths.Referrer(name, subject, referrer.Digest), JsonSerializer.SerializeToUtf8Bytes(referrer, RegistryJson.Default.Descriptor));

    internal void Remove(RepositoryName name, Digest subject, Digest referrer) => ContentLinks.RemoveName(paths.Referrer(name, subject, referrer));

    internal List<Descriptor> List(RepositoryName name, Digest subject)
    {
        var directory = new DirectoryInfo(paths.Referrers(name, subject));
        if (!directory.Exists)
        {
            return [];
        }

        return [.. directory.EnumerateFiles()
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), RegistryJson.Default.Descriptor)!)
            .Where(descriptor => manifests.Exists(name, descriptor.Digest))];
    }
}
