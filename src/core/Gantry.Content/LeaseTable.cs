using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// Who protects what. While a collection runs, content of leases that end meanwhile stays protected too: their images may have been
/// recorded after the collector looked for roots.
/// </summary>
internal sealed class LeaseTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, int> _counts = [];
    private HashSet<Digest>? _keptByCollection;
    private int _collections;

    internal void Add(Digest digest)
    {
        lock (_lock)
        {
            _counts[digest] = _counts.GetValueOrDefault(digest) + 1;
            _keptByCollection?.Add(digest);
        }
    }

    internal void Remove(IEnumerable<Digest> digests)
    {
        lock (_lock)
        {
            foreach (var digest in digests)
            {
                var left = _counts[digest] - 1;
                if (left > 0)
                {
                    _counts[digest] = left;
                }
                else
                {
                    _counts.Remove(digest);
                }
            }
        }
    }

    /// <summary>Several collections may run at once: each then keeps what had to be kept since the first of them began.</summary>
    internal void BeginCollection()
    {
        lock (_lock)
        {
            _collections++;
            _keptByCollection ??= [.. _counts.Keys];
        }
    }

    internal void EndCollection()
    {
        lock (_lock)
        {
            _keptByCollection = --_collections == 0 ? null : _keptByCollection;
        }
    }

    /// <summary>Runs <paramref name="delete"/> if nobody protects the content, and keeps anybody from doing so meanwhile.</summary>
    internal bool TryDelete(Digest digest, Func<bool> delete)
    {
        lock (_lock)
        {
            return !_keptByCollection!.Contains(digest) && delete();
        }
    }
}
