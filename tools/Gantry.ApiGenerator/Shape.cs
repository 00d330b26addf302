namespace Gantry.ApiGenerator;

/// <summary>When a property is written.</summary>
internal enum Presence
{
    /// <summary>Left out when null (Go: omitempty, or an object that the engine always sets).</summary>
    WhenSet,

    /// <summary>Always there; null when not set (Go: a pointer, list, map or object).</summary>
    AlwaysOrNull,

    /// <summary>Always there; "", 0 or false when not set (Go: a plain field).</summary>
    AlwaysOrZero,
}

/// <summary>
/// One word of a shape: <c>P</c> is always written (scalars as Go's zero value when not set, lists, maps and objects as null), <c>*P</c> always
/// or null also for scalars, <c>P?</c> only when set, <c>=P</c> an object that is always set by whoever fills the type.
/// </summary>
internal sealed record Shape(string Property, Presence Presence)
{
    internal static Shape Parse(string word)
    {
        var presence = word.EndsWith('?') || word.StartsWith('=') ? Presence.WhenSet
            : word.StartsWith('*') ? Presence.AlwaysOrNull
            : Presence.AlwaysOrZero;
        return new Shape(word.TrimStart('*', '=').TrimEnd('?'), presence);
    }
}
