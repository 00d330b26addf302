using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// Keeps blobs and layers from the garbage collector while a pull, load or build puts an image together. Held in memory: after a crash
/// nothing half done is kept. Dispose it after the image record (or whatever root names the content) is committed. Thread-safe.
/// </summary>
public sealed class ContentLease : IDisposable
{
    private readonly LeaseTable _leases;
    private readonly HashSet<Digest> _held = [];
    private bool _disposed;

    internal ContentLease(LeaseTable leases, string purpose)
    {
        _leases = leases;
        Purpose = purpose;
    }

    public string Purpose { get; }

    /// <summary>Protects a blob digest or a layer's chain id, whether it exists yet or not. Ask before looking whether it exists.</summary>
    public void Protect(Digest digest)
    {
        lock (_held)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_held.Add(digest))
            {
                _leases.Add(digest);
            }
        }
    }

    public void Dispose()
    {
        lock (_held)
        {
            if (!_disposed)
            {
                _disposed = true;
                _leases.Remove(_held);
            }
        }
    }
}
