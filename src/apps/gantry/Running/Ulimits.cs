using System.Globalization;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--ulimit name=soft[:hard].</summary>
internal static class Ulimits
{
    private static readonly string[] s_names =
    [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    ];

    /// <summary>--ulimit; a later limit of a name replaces an earlier one.</summary>
    public static ListFlag<Ulimit> Flag(FlagSet flags) => flags.Add(new ListFlag<Ulimit>("ulimit", '\0', "ulimit", "Ulimit options", Put) { Default = "[]" });

    private static void Put(List<Ulimit> limits, string text)
    {
        var limit = Parse(text);
        limits.RemoveAll(l => l.Name == limit.Name);
        limits.Add(limit);
        limits.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
    }

    public static Ulimit Parse(string text)
    {
        var mark = text.IndexOf('=', StringComparison.Ordinal);
        if (mark < 0)
        {
            throw Invalid($"invalid ulimit argument: {text}");
        }

        var name = text[..mark];
        if (Array.IndexOf(s_names, name) < 0)
        {
            throw Invalid($"invalid ulimit type: {name}");
        }

        var limits = text[(mark + 1)..].Split(':');
        if (limits.Length > 2)
        {
            throw Invalid($"too many limit value arguments - {text[(mark + 1)..]}, can only have up to two, `soft[:hard]`");
        }

        var soft = Number(limits[0]);
        var hard = limits.Length == 2 ? Number(limits[1]) : soft;
        return hard != -1 && (soft == -1 || soft > hard)
            ? throw Invalid($"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")
            : new Ulimit { Name = name, Soft = soft, Hard = hard };
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Invalid($"strconv.ParseInt: parsing {Terminal.Units.Quoting.Quote(text)}: invalid syntax");

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
