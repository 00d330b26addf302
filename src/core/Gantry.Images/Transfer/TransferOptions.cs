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

    /// <summary>Largest image config taken, in bytes.</summary>
    public int MaxConfigSize { get; init; } = 8 << 20;
}
