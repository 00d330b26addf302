using System.Globalization;

namespace Gantry.Engine.Http.Resources;

/// <summary>The text form of a progress, which clients of old show as it stands.</summary>
internal static class ProgressBar
{
    private const int Width = 50;
    private static readonly string[] s_units = ["B", "kB", "MB", "GB", "TB", "PB"];

    internal static string Format(long current, long total)
    {
        if (total <= 0)
        {
            return current > 0 ? $"{Size(current),8}" : string.Empty;
        }

        var done = (int)Math.Clamp(current * 100 / total / 2, 0, Width);
        var bar = $"[{new string('=', done)}>{new string(' ', Math.Max(0, Width - done))}] ";
        return current == total ? bar + $"{Size(current),8}/{Size(total)}" : bar + $"{Size(current),8}/{Size(total)}";
    }

    /// <summary>Powers of 1000 with four significant digits, as go-units writes them.</summary>
    internal static string Size(double bytes)
    {
        var unit = 0;
        while (bytes >= 1000 && unit < s_units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }

        return bytes.ToString("G4", CultureInfo.InvariantCulture) + s_units[unit];
    }
}
