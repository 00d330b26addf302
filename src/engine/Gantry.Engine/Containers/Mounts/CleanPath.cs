namespace Gantry.Engine.Containers.Mounts;

/// <summary>Lexical clean-up of absolute container paths, as Go's path.Clean does it.</summary>
internal static class CleanPath
{
    /// <summary>Resolves <c>.</c>, <c>..</c> and doubled slashes; <c>..</c> does not climb above <c>/</c>.</summary>
    internal static string Of(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }
}
