namespace Gantry.Engine;

/// <summary>Removing directories of the engine's own.</summary>
internal static class Directories
{
    /// <summary>Removes a tree; not there is fine. Links are removed, not followed.</summary>
    internal static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // It is gone, which is what was wanted.
        }
    }
}
