namespace Gantry.Logs.Drivers;

/// <summary>What log drivers know of the container whose output they get.</summary>
public sealed record LogSubject
{
    private const int ShortLength = 12;

    public required string Id { get; init; }

    /// <summary>Without the slash.</summary>
    public required string Name { get; init; }

    /// <summary>Digest of the image's configuration, <c>sha256:…</c>, or empty.</summary>
    public required string ImageId { get; init; }

    /// <summary>The image as it was asked for.</summary>
    public required string ImageName { get; init; }

    /// <summary>Program and arguments, with blanks between.</summary>
    public required string Command { get; init; }

    /// <summary>As the Engine API writes times.</summary>
    public required string Created { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary><c>NAME=VALUE</c>.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>The container's log options.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    public string ShortId => Short(Id);

    public string ShortImageId => Short(ImageId["sha256:".Length <= ImageId.Length && ImageId.StartsWith("sha256:", StringComparison.Ordinal) ? "sha256:".Length.. : ..]);

    private static string Short(string id) => id.Length > ShortLength ? id[..ShortLength] : id;
}
