using System.Text;

namespace Gantry.Apps.Daemon.Flags;

/// <summary>What <c>--help</c> prints, made from the table.</summary>
internal static class HelpText
{
    private const int Column = 42;

    internal static string Build()
    {
        var text = new StringBuilder();
        text.Append("Usage:  gantryd [OPTIONS]\n        gantryd registry serve [OPTIONS]\n\nThe Gantry container engine.\n\nOptions:\n");
        foreach (var flag in FlagTable.All.Where(f => f.Available && f.Kind != FlagKind.Object).OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            var type = flag.Kind switch
            {
                FlagKind.Bool => string.Empty,
                FlagKind.Text => " string",
                FlagKind.Number => " int",
                FlagKind.List => " list",
                _ => " map",
            };
            var left = $"  {(flag.Short is { } s ? $"-{s}," : "   ")} --{flag.Name}{type}";
            text.Append(left.PadRight(Column)).Append(left.Length >= Column ? " " : string.Empty).Append(flag.Help);
            if (flag.Default.Length > 0)
            {
                text.Append(" (default ").Append(flag.Default).Append(')');
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
