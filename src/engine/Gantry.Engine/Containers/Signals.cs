using System.Globalization;

namespace Gantry.Engine.Containers;

/// <summary>Signals by name, as the API takes them: <c>9</c>, <c>KILL</c>, <c>SIGKILL</c>, any case. Numbers are Linux's (signal(7)).</summary>
internal static class Signals
{
    internal const int Kill = 9;
    internal const int Term = 15;
    private const int Highest = 64;

    private static readonly Dictionary<string, int> s_byName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["HUP"] = 1, ["INT"] = 2, ["QUIT"] = 3, ["ILL"] = 4, ["TRAP"] = 5, ["ABRT"] = 6, ["IOT"] = 6, ["BUS"] = 7, ["FPE"] = 8, ["KILL"] = 9,
        ["USR1"] = 10, ["SEGV"] = 11, ["USR2"] = 12, ["PIPE"] = 13, ["ALRM"] = 14, ["TERM"] = 15, ["STKFLT"] = 16, ["CHLD"] = 17, ["CLD"] = 17,
        ["CONT"] = 18, ["STOP"] = 19, ["TSTP"] = 20, ["TTIN"] = 21, ["TTOU"] = 22, ["URG"] = 23, ["XCPU"] = 24, ["XFSZ"] = 25, ["VTALRM"] = 26,
        ["PROF"] = 27, ["WINCH"] = 28, ["IO"] = 29, ["POLL"] = 29, ["PWR"] = 30, ["SYS"] = 31, ["RTMIN"] = 34, ["RTMAX"] = 64,
    };

    /// <summary>The number, or null for an unknown signal.</summary>
    internal static int? TryParse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number is > 0 and <= Highest ? number : null;
        }

        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        return s_byName.TryGetValue(name, out number) ? number : RealTime(name);
    }

    /// <summary>Why <see cref="TryParse"/> took it for no signal, in Docker's words.</summary>
    internal static string Refusal(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number != 0
        ? $"the linux daemon does not support signal {number}"
        : $"invalid signal: {text}";

    /// <summary><c>RTMIN+3</c>, <c>RTMAX-2</c>.</summary>
    private static int? RealTime(string name)
    {
        var (start, sign) = name.StartsWith("RTMIN+", StringComparison.OrdinalIgnoreCase) ? (34, 1)
            : name.StartsWith("RTMAX-", StringComparison.OrdinalIgnoreCase) ? (64, -1)
            : (0, 0);
        return sign != 0 && int.TryParse(name.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && start + (sign * offset) is >= 34 and <= Highest
            ? start + (sign * offset)
            : null;
    }
}
