using System.Collections.Concurrent;
using Gantry.Build.Graph;
using Gantry.Content;
using Gantry.Oci;

namespace Gantry.Build.Cache;

/// <summary>One build's view of the cache: what it found or added is in use, and noted as used when the build ends.</summary>
internal sealed class CacheSession(BuildCache cache, ContentLease lease) : IDisposable
{
    private readonly ConcurrentDictionary<string, bool> _used = new();

    /// <summary>The result under a key whose layers are there, protected by the build's lease; null when there is none.</summary>
    public LayerResult? Find(Digest key)
    {
        if (cache.Find(key, lease) is not var (id, result))
        {
            return null;
        }

        Use(id, isNew: false);
        return result;
    }

    public void Add(Vertex vertex, Digest? contentKey, LayerResult result) => Use(cache.Add(vertex, contentKey, result), isNew: true);

    public void AddName(Digest key, Digest existing) => cache.AddName(key, existing);

    public void Dispose()
    {
        cache.NoteUses(_used.Where(u => !u.Value).Select(u => u.Key).ToList());
        cache.Release(_used.Keys);
    }

    private void Use(string id, bool isNew)
    {
        if (_used.TryAdd(id, isNew))
        {
            cache.Hold(id);
        }
    }
}
