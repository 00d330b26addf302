namespace Gantry.Volumes;

/// <summary>A volume.</summary>
public sealed record VolumeRecord
{
    /// <summary>Never changes, whatever the name does.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string Driver { get; init; } = "local";

    /// <summary>True for the 64-hex names made for <c>-v /path</c>.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Null when none were given.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The local driver's type, o, device; null when none were given.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>Host path of the data.</summary>
    public required string Mountpoint { get; init; }
}
