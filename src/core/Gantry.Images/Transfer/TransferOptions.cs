namespace Gantry.Images.Transfer;

/// <summary>Limits of pulls and pushes over the whole engine.</summary>
public sealed record TransferOptions
{
    /// <summary>Docker's <c>max-concurrent-downloads</c>.</summary>
    public int MaxConcurrentDownloads { get; init; } = 3;

    /// <summary>Docker's <c>max-concurrent-uploads</c>.</summary>
    public int MaxConcurrentUploads { get; init; } = 5;

    /// <summary>Layers of one image unpacked at once. More than cores, as each waits for files and for its download now and then.</summary>
    public int MaxConcurrentUnpacks { get; init; } = Math.Max(4, Environment.ProcessorCount);

    /// <summary>Layers of at least this many bytes are fetched in parts side by side, where the registry has ranges.</summary>
    public long PartsFrom { get; init; } = 64 << 20;

    /// <summary>Bytes of one part.</summary>
    public int PartSize { get; init; } = 16 << 20;

    /// <summary>Parts of one layer fetched at once.</summary>
    public int PartsAtOnce { get; init; } = 4;

    /// <summary>Largest image config taken, in bytes.</summary>
    public int MaxConfigSize { get; init; } = 8 << 20;
}
