using Gantry.Errors;

namespace Gantry.IO.Tar;

/// <summary>What is said about a tar that can't be used.</summary>
internal static class TarError
{
    internal static GantryException Malformed(string what) => GantryException.DataCorrupt($"invalid tar: {what}");

    internal static GantryException Truncated() => GantryException.DataCorrupt("invalid tar: unexpected EOF");
}
