using System.Globalization;
using Gantry.Terminal.Units;

namespace Gantry.Terminal.Progress;

/// <summary>The bar and figures behind a layer's status: "[====>    ]  1.2MB/3.4MB".</summary>
public static class ProgressBar
{
    private const int Cells = 50;
    private const int WidthForBar = 110;
    private const int WidthForTime = 50;

    /// <param name="width">Columns of the terminal; a narrow one gets no bar.</param>
    public static string Format(ProgressFigures figures, int width, DateTimeOffset now)
    {
        if (figures is { Current: <= 0, Total: <= 0 })
        {
            return "";
        }

        if (figures.Total <= 0)
        {
            return figures.Units.Length == 0
                ? Sizes.Human(figures.Current).PadLeft(8)
                : string.Create(CultureInfo.InvariantCulture, $"{figures.Current} {figures.Units}");
        }

        var filled = Math.Min(Cells, (int)((double)figures.Current / figures.Total * 100) / 2);
        var bar = width > WidthForBar ? $"[{new string('=', Math.Max(0, filled))}>{new string(' ', Cells - Math.Max(0, filled))}] " : "";
        return bar + Counts(figures) + TimeLeft(figures, filled, width, now);
    }

    private static string Counts(ProgressFigures figures)
    {
        if (figures.HideCounts)
        {
            return "";
        }

        var beyond = figures.Current > figures.Total;
        if (figures.Units.Length > 0)
        {
            return beyond
                ? string.Create(CultureInfo.InvariantCulture, $"{figures.Current} {figures.Units}")
                : string.Create(CultureInfo.InvariantCulture, $"{figures.Current}/{figures.Total} {figures.Units}");
        }

        var current = Sizes.Human(figures.Current).PadLeft(8);
        return beyond ? current : $"{current}/{Sizes.Human(figures.Total)}";
    }

    private static string TimeLeft(ProgressFigures figures, int filled, int width, DateTimeOffset now)
    {
        if (figures.Current <= 0 || figures.Start <= 0 || filled >= Cells || width <= WidthForTime)
        {
            return "";
        }

        var elapsed = now - DateTimeOffset.FromUnixTimeSeconds(figures.Start);
        var seconds = (long)(elapsed.TotalSeconds / figures.Current * (figures.Total - figures.Current));
        return " " + Durations.Format(Math.Clamp(seconds, 0, 1_000_000_000) * 1_000_000_000);
    }
}
