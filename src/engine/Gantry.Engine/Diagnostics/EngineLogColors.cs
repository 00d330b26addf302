using System.Globalization;
using System.Text;

namespace Gantry.Engine.Diagnostics;

/// <summary>An event of the engine's log as dockerd shows it on a terminal: <c>INFO[time] message   key=value</c>, level and keys in the level's color.</summary>
internal static class EngineLogColors
{
    private const int MessageWidth = 44;

    internal static string Line(DateTimeOffset at, EngineLogLevel level, string message, ReadOnlySpan<(string Key, object? Value)> fields)
    {
        var (color, name) = Style(level);
        var line = new StringBuilder(96 + message.Length);
        line.Append(CultureInfo.InvariantCulture, $"\e[{color}m{name}\e[0m[{at.ToString("yyyy-MM-ddTHH:mm:ss.fffffff'00'zzz", CultureInfo.InvariantCulture)}] ")
            .Append(message.TrimEnd('\n').PadRight(MessageWidth)).Append(' ');
        foreach (var (key, value) in fields)
        {
            line.Append(CultureInfo.InvariantCulture, $" \e[{color}m{key}\e[0m=");
            EngineLog.AppendValue(line, Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
        }

        return line.ToString();
    }

    private static (int Color, string Name) Style(EngineLogLevel level) => level switch
    {
        EngineLogLevel.Debug => (37, "DEBU"),
        EngineLogLevel.Info => (36, "INFO"),
        EngineLogLevel.Warn => (33, "WARN"),
        EngineLogLevel.Error => (31, "ERRO"),
        _ => (31, "FATA"),
    };
}
