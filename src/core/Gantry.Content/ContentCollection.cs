using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// A garbage collection in progress. Order matters: start it, then find the roots, then delete what no root names. What a lease
/// protected at the start or since is never deleted.
/// </summary>
public sealed class ContentCollection : IDisposable
{
    private readonly LeaseTable _leases;
    private bool _disposed;

    internal ContentCollection(LeaseTable leases)
    {
        _leases = leases;
        leases.BeginCollection();
    }

    /// <summary>
    /// Runs <paramref name="delete"/> (quick) for a blob or layer unless a lease protects it. Returns its result, or false when protected.
    /// </summary>
    public bool TryDelete(Digest digest, Func<bool> delete)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _leases.TryDelete(digest, delete);
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _leases.EndCollection();
        }
    }
}
