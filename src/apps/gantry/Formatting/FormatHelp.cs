namespace Gantry.Apps.Cli.Formatting;

/// <summary>The help of --format.</summary>
internal static class FormatHelp
{
    private const string More = "Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";

    /// <summary>For lists.</summary>
    public const string List =
        "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n"
        + "'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n"
        + "'TEMPLATE':         Print output using the given Go template.\n" + More;

    /// <summary>For single objects.</summary>
    public const string Inspect =
        "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\n" + More;
}
