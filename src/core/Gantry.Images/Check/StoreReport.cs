namespace Gantry.Images.Check;

/// <summary>What is wrong with one thing in the store.</summary>
/// <param name="Kind">"blob", "layer" or "image".</param>
/// <param name="Id">Digest, chain id or image id.</param>
/// <param name="Images">Ids of the images that need it.</param>
/// <param name="Problem">What is wrong, as a sentence without its end.</param>
public sealed record StoreProblem(string Kind, string Id, IReadOnlyList<string> Images, string Problem)
{
    /// <summary>Names of the plugins that need it.</summary>
    public IReadOnlyList<string> Plugins { get; init; } = [];

    /// <summary>What was done about it; null when nothing could be, or nothing was asked for.</summary>
    public string? Mended { get; init; }
}

/// <summary>What a check looked at and found.</summary>
/// <param name="Bytes">Bytes read and compared with their digests.</param>
public sealed record StoreReport(int Images, int Layers, int Blobs, long Bytes, IReadOnlyList<StoreProblem> Problems);
