using System.Globalization;
using Gantry.Errors;

namespace Gantry.Build.Frontend;

/// <summary>Checks STOPSIGNAL: a number but 0, or a Linux signal's name with or without SIG.</summary>
internal static class StopSignals
{
    private static readonly HashSet<string> s_names = new(
        ("ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 "
            + "USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX").Split(' ')
        .Concat(Enumerable.Range(1, 15).Select(i => $"RTMIN+{i}"))
        .Concat(Enumerable.Range(1, 14).Select(i => $"RTMAX-{i}")));

    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static void Check(string signal)
    {
        var name = signal.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        var valid = int.TryParse(signal, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number != 0 : s_names.Contains(name);
        if (!valid)
        {
            throw GantryException.InvalidArgument($"invalid signal: {signal}");
        }
    }
}
