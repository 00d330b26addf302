namespace Gantry.Runtime.Services;

internal static class RunFileRemoval
{
    /// <summary>Removes a directory with everything in it; one that is gone is no error.</summary>
    public static void RemoveTree(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }
}
