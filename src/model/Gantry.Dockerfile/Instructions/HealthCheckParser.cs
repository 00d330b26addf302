using System.Globalization;

namespace Gantry.Dockerfile.Syntax;

/// <summary>HEALTHCHECK with its durations.</summary>
internal static class HealthCheckParser
{
    private const long Shortest = 1_000_000;

    public static HealthCheckInstruction Parse(SyntaxNode node)
    {
        var arguments = InstructionParser.AtLeastOne(node);
        var type = arguments[0].ToUpperInvariant();
        if (type == "NONE")
        {
            return arguments.Count == 1 ? new HealthCheckInstruction(["NONE"], 0, 0, 0, 0, 0)
                : throw new SyntaxException("HEALTHCHECK NONE takes no arguments");
        }

        var flags = new FlagReader(node, "interval", "timeout", "start-period", "start-interval", "retries");
        return new HealthCheckInstruction(
            Test(type, node),
            Duration(flags, "interval"),
            Duration(flags, "timeout"),
            Duration(flags, "start-period"),
            Duration(flags, "start-interval"),
            Retries(flags.Text("retries")));
    }

    private static List<string> Test(string type, SyntaxNode node)
    {
        if (type != "CMD")
        {
            throw new SyntaxException($"Unknown type {GoText.Quote(type)} in HEALTHCHECK (try CMD)");
        }

        var command = InstructionParser.Words(node.Arguments.Skip(1).ToList(), node.IsJson);
        return command.Count > 0 ? [node.IsJson ? "CMD" : "CMD-SHELL", .. command]
            : throw new SyntaxException("Missing command after HEALTHCHECK CMD");
    }

    private static long Duration(FlagReader flags, string name)
    {
        var text = flags.Text(name);
        if (text.Length == 0)
        {
            return 0;
        }

        return !GoDuration.TryParse(text, out var value, out var error) ? throw new SyntaxException(error)
            : value is 0 or >= Shortest ? value
            : throw new SyntaxException($"Interval {GoText.Quote(name)} cannot be less than 1ms");
    }

    private static int Retries(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var retries))
        {
            throw new SyntaxException($"strconv.ParseInt: parsing {GoText.Quote(text)}: {(IsNumber(text) ? "value out of range" : "invalid syntax")}");
        }

        return retries >= 0 ? retries : throw new SyntaxException($"--retries cannot be negative ({retries})");
    }

    private static bool IsNumber(string text) => text.TrimStart('+', '-') is { Length: > 0 } digits && digits.All(char.IsAsciiDigit);
}
