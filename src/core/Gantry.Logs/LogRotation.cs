using Gantry.Linux;

namespace Gantry.Logs;

/// <summary>
/// Rotated files beside a live log: <c>.1</c> is the newest. With compression they end in <c>.gz</c>, except while one is being compressed.
/// </summary>
internal static class LogRotation
{
    public const string CompressedSuffix = ".gz";

    /// <summary>Moves every file one place on; the oldest goes. The live file's name is free afterwards.</summary>
    public static void Rotate(JsonLogOptions options)
    {
        if (options.MaxFiles < 2)
        {
            RawFiles.Unlink(options.Path);
            return;
        }

        Remove(options.Path, options.MaxFiles - 1);
        for (var i = options.MaxFiles - 2; i >= 1; i--)
        {
            Move(options.Path, i);
        }

        if (File.Exists(options.Path))
        {
            RawFiles.Rename(options.Path, $"{options.Path}.1");
        }
    }

    private static void Remove(string path, int index)
    {
        RawFiles.Unlink($"{path}.{index}");
        RawFiles.Unlink($"{path}.{index}{CompressedSuffix}");
    }

    private static void Move(string path, int index)
    {
        foreach (var suffix in (ReadOnlySpan<string>)["", CompressedSuffix])
        {
            if (File.Exists($"{path}.{index}{suffix}"))
            {
                RawFiles.Rename($"{path}.{index}{suffix}", $"{path}.{index + 1}{suffix}");
            }
        }
    }
}
