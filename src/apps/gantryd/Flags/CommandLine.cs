using System.Globalization;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Flags;

/// <summary>Reads the daemon's command line: <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>, <c>-D</c>.</summary>
internal static class CommandLine
{
    /// <exception cref="GantryException">InvalidArgument in dockerd's words; NotImplemented for flags that aren't there.</exception>
    internal static FlagValues Parse(IReadOnlyList<string> arguments)
    {
        var values = new FlagValues();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (!argument.StartsWith('-') || argument.Length < 2)
            {
                throw GantryException.InvalidArgument($"\"gantryd\" accepts no arguments: unexpected \"{argument}\"");
            }

            var (flag, attached) = argument.StartsWith("--", StringComparison.Ordinal) ? Long(argument) : Short(argument);
            if (!flag.Available)
            {
                throw GantryException.NotImplemented($"flag --{flag.Name} is not available in this version");
            }

            var value = attached
                ?? (flag.Kind == FlagKind.Bool ? "true"
                : i + 1 < arguments.Count ? arguments[++i]
                : throw GantryException.InvalidArgument($"flag needs an argument: {argument}"));
            values.Add(flag.Name, Check(flag, value));
        }

        return values;
    }

    /// <summary>Checks and normalises one value.</summary>
    /// <exception cref="GantryException">InvalidArgument in the words of Docker's flag parser.</exception>
    internal static string Check(FlagSpec flag, string value)
    {
        if (flag.Only is { } only && (flag.Kind == FlagKind.Bool ? Normalise(value) : value) != only)
        {
            throw GantryException.NotImplemented($"--{flag.Name}={value} is not available in this version: only \"{only}\" is");
        }

        switch (flag.Kind)
        {
            case FlagKind.Bool:
                return Normalise(value) ?? throw Invalid(flag, value, $"strconv.ParseBool: parsing \"{value}\": invalid syntax");
            case FlagKind.Number:
                return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                    ? value
                    : throw Invalid(flag, value, $"strconv.ParseInt: parsing \"{value}\": invalid syntax");
            default:
                return value;
        }
    }

    private static string? Normalise(string value) => value.ToLowerInvariant() switch
    {
        "true" or "1" or "t" => "true",
        "false" or "0" or "f" => "false",
        _ => null,
    };

    private static GantryException Invalid(FlagSpec flag, string value, string why) =>
        GantryException.InvalidArgument($"invalid argument \"{value}\" for \"--{flag.Name}\" flag: {why}");

    private static (FlagSpec Flag, string? Value) Long(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? argument[2..] : argument[2..equals];
        var flag = FlagTable.ByName(name) ?? throw GantryException.InvalidArgument($"unknown flag: --{name}");
        return (flag, equals < 0 ? null : argument[(equals + 1)..]);
    }

    private static (FlagSpec Flag, string? Value) Short(string argument)
    {
        var flag = FlagTable.All.FirstOrDefault(f => f.Short == argument[1])
            ?? throw GantryException.InvalidArgument($"unknown shorthand flag: '{argument[1]}' in {argument}");
        var rest = argument[2..];
        return (flag, rest.Length == 0 ? null : rest.StartsWith('=') ? rest[1..] : rest);
    }
}
