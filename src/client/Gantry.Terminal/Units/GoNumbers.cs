using System.Globalization;

namespace Gantry.Terminal.Units;

/// <summary>Number texts as Go's strconv and fmt write and read them.</summary>
public static class GoNumbers
{
    /// <summary><c>%.{significant}g</c>: fixed or exponent form, halves rounded to even, exponent of at least two digits.</summary>
    public static string FormatG(double value, int significant)
    {
        var format = "G" + significant.ToString(CultureInfo.InvariantCulture);
        return Special(value) ?? RoundTie(value, significant).ToString(format, CultureInfo.InvariantCulture).Replace('E', 'e');
    }

    /// <summary><c>%v</c> of a float64: the shortest text that reads back the same, with an exponent below 1e-4 and from 1e+06.</summary>
    public static string FormatShortest(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        var scientific = ShortestScientific(value);
        var mark = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (value != 0 && (exponent < -4 || exponent >= 6))
        {
            var digits = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            return $"{scientific.AsSpan(0, mark)}e{(exponent < 0 ? '-' : '+')}{digits}";
        }

        return value.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>Reads what Go's strconv.ParseFloat reads, bar hexadecimal floats and underscores.</summary>
    public static bool TryParseFloat(ReadOnlySpan<char> text, out double value)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Style, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static string? Special(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : null;

    private static string ShortestScientific(double value)
    {
        for (var digits = 0; digits < 16; digits++)
        {
            var text = value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value)
            {
                return text;
            }
        }

        return value.ToString("E16", CultureInfo.InvariantCulture);
    }

    /// <summary>.NET rounds a decimal tie away from zero where Go rounds to even: step to the even neighbour before formatting.</summary>
    private static double RoundTie(double value, int significant)
    {
        if (value == 0)
        {
            return value;
        }

        var exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        var decimals = significant - 1 - exponent;
        if (decimals is < 0 or > 15)
        {
            return value;
        }

        var power = Math.Pow(10, decimals);
        var scaled = value * power;
        var isTie = Math.Abs(scaled - Math.Truncate(scaled)) == 0.5 && scaled / power == value;
        return isTie ? Math.Round(scaled, MidpointRounding.ToEven) / power : value;
    }
}
