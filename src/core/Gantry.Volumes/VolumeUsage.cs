using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Volumes;

/// <summary>How much a volume holds.</summary>
internal static class VolumeUsage
{
    /// <summary>Bytes of the files below <paramref name="directory"/>, hard links once; links are not followed.</summary>
    internal static long Of(string directory)
    {
        var fd = FileAt.TryOpen(FileAt.CurrentDirectory, directory, OpenAtFlags.Directory);
        if (fd < 0)
        {
            return 0;
        }

        try
        {
            return TreeUsage.Measure(fd).Bytes;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }
}
