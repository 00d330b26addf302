namespace Gantry.Logs;

/// <summary>Which entries of a container's log to read, oldest first.</summary>
public sealed record LogQuery
{
    /// <summary>Only entries at or after this time.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only entries at or before this time; a following read ends with the first later one.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Only the last so many entries of what is there when reading starts; null for all, 0 for none.</summary>
    public int? Tail { get; init; }

    /// <summary>Go on with entries as they are written.</summary>
    public bool Follow { get; init; }

    public bool Stdout { get; init; } = true;

    public bool Stderr { get; init; } = true;
}
