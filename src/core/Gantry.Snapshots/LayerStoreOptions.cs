using Gantry.IO.Compression;
using Gantry.Linux;

namespace Gantry.Snapshots;

/// <summary>How layers are kept and what a layer tar may ask for; one beyond is refused with DataCorrupt.</summary>
public sealed record LayerStoreOptions
{
    /// <summary>
    /// Maps of the user namespace that containers run in: files belong to its ids, tars have the container's. All of a store's life the same
    /// (docs/design/user-namespaces.md); null for none.
    /// </summary>
    public IdMaps? Ids { get; init; }

    public long MaxEntries { get; init; } = 20_000_000;

    /// <summary>Bytes of all file contents of a layer together.</summary>
    public long MaxBytes { get; init; } = 1L << 44;

    /// <summary>What a compressed layer may become; null for no limit.</summary>
    public ExpansionLimit? Expansion { get; init; } = new(4L << 30, 500);
}
