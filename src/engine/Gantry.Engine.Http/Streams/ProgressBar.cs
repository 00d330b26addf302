using System.Globalization;

namespace Gantry.Engine.Http.Streams;

/// <summary>The ready-made bar in a message's <c>progress</c>, for clients that don't draw their own.</summary>
internal static class ProgressBar
{
    private const int Width = 50;
    private static readonly string[] s_units = ["B", "kB", "MB", "GB", "TB", "PB"];

    internal static string Text(long current, long total)
    {
        var done = (int)Math.Clamp(current * Width / total, 0, Width);
        var bar = done >= Width ? new string('=', Width) + ">" : new string('=', done) + ">" + new string(' ', Width - done);
        return $"[{bar}]  {Size(current),8}/{Size(total)}";
    }

    /// <summary>Four significant digits in decimal units, as go-units' HumanSize.</summary>
    private static string Size(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1000 && unit < s_units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return value.ToString("G4", CultureInfo.InvariantCulture) + s_units[unit];
    }
}
