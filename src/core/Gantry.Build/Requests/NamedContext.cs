namespace Gantry.Build;

/// <summary>What a name in FROM, <c>--from</c> or a mount's <c>from</c> means instead of a stage or an image; one of the four is set.</summary>
public sealed record NamedContext
{
    /// <summary>An image reference.</summary>
    public string Image { get; init; } = string.Empty;

    /// <summary>A folder of the build's client.</summary>
    public string Folder { get; init; } = string.Empty;

    /// <summary>Address of a git repository.</summary>
    public string Repository { get; init; } = string.Empty;

    /// <summary>It is files, not an image.</summary>
    public bool HasFiles => Folder.Length > 0 || Repository.Length > 0;

    /// <summary>Another build's result. It must be there until the build that uses it has ended.</summary>
    public PreparedBuild? Build { get; init; }
}
