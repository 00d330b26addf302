namespace Gantry.Volumes;

/// <summary>How much a volume holds.</summary>
internal static class VolumeUsage
{
    private static readonly EnumerationOptions s_everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = true,
    };

    /// <summary>Bytes of the regular files below <paramref name="directory"/>; links are not followed.</summary>
    internal static long Of(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return 0;
        }

        var total = 0L;
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles("*", s_everything).Where(f => f.LinkTarget is null))
        {
            total += file.Length;
        }

        return total;
    }
}
