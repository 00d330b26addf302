namespace Gantry.BuildKit;

/// <summary>Entries of protocol buffers' maps: the last of one key counts.</summary>
internal static class MapEntries
{
    internal static void Add<T>(this Dictionary<string, T> map, KeyValuePair<string, T> entry) => map[entry.Key] = entry.Value;
}
