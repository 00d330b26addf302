using Gantry.Errors;

namespace Gantry.IO.Tar;

/// <summary>What is said about a tar that can't be used.</summary>
internal static class TarError
{
    internal static GantryException Malformed(string what) => GantryException.DataCorrupt($"invalid tar: {what}");

    /// <summary>Go's text, which clients of Docker see.</summary>
    internal static GantryException InvalidHeader() => GantryException.DataCorrupt("archive/tar: invalid tar header");

    internal static GantryException Truncated() => GantryException.DataCorrupt("invalid tar: unexpected EOF");
}
