using System.IO.Compression;
using Gantry.Linux;

namespace Gantry.Logs;

/// <summary>Compression of rotated log files.</summary>
public static class LogCompression
{
    /// <summary>Replaces a file by its gzip: <c>FILE.gz</c> appears complete, then <c>FILE</c> goes. A file that is gone (rotated on) is left to the next run.</summary>
    public static void Compress(string path)
    {
        var temporary = path + ".tmp";
        try
        {
            var identity = FileIdentity.Of(path);
            using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using (var target = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            {
                source.CopyTo(gzip);
            }

            if (FileIdentity.Of(path) != identity)
            {
                // A monitor that took over meanwhile has rotated: the name is another file's now.
                RawFiles.Unlink(temporary);
                return;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or LinuxException)
        {
            RawFiles.Unlink(temporary);
            return;
        }

        RawFiles.Rename(temporary, path + LogRotation.CompressedSuffix);
        RawFiles.Unlink(path);
    }
}
