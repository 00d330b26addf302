namespace Gantry.Apps.Daemon.Flags;

internal enum FlagKind
{
    Bool = 0,
    Text,
    Number,

    /// <summary>May be given several times.</summary>
    List,

    /// <summary>A list of <c>name=value</c>; an object in the file.</summary>
    Map,

    /// <summary>An object of the file, kept as JSON; there is no such flag.</summary>
    Object,
}

/// <summary>One of dockerd's flags.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="Short">One letter, or null.</param>
/// <param name="Key">In <c>daemon.json</c>; null when it can't be there.</param>
internal sealed record FlagSpec(string Name, char? Short, FlagKind Kind, string Help, string? Key)
{
    /// <summary>False: known to dockerd, refused here with a clear error.</summary>
    internal bool Available { get; init; } = true;

    /// <summary>Accepted only with this value, which names what the engine does anyway; null for flags that can be set freely.</summary>
    internal string? Only { get; init; }

    /// <summary>Why the flag, given, changes nothing here; logged as a warning at every start. Null for flags that have a meaning.</summary>
    internal string? NoEffect { get; init; }

    /// <summary>SIGHUP takes a new value from the file.</summary>
    internal bool Reloadable { get; init; }

    /// <summary>Shown in the help.</summary>
    internal string Default { get; init; } = string.Empty;
}
