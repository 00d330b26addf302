namespace Gantry.Snapshots;

/// <summary>What a layer tar may ask for; one beyond is refused with DataCorrupt.</summary>
public sealed record LayerStoreOptions
{
    public long MaxEntries { get; init; } = 20_000_000;

    /// <summary>Bytes of all file contents of a layer together.</summary>
    public long MaxBytes { get; init; } = 1L << 44;
}
