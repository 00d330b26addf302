using System.Globalization;
using System.Text;

namespace Gantry.Engine.Diagnostics;

/// <summary>Levels of <c>--log-level</c>, most talkative first.</summary>
public enum EngineLogLevel
{
    Debug = 0,
    Info,
    Warn,
    Error,
    Fatal,
}

/// <summary>
/// The engine's own log: one logfmt line per event (<c>time="…" level=info msg="…" container=…</c>) as dockerd's readers expect.
/// Thread-safe as far as the sink is.
/// </summary>
public sealed class EngineLog
{
    private readonly Action<string> _sink;

    /// <param name="level">Lines below it are not written. Can change at run time (<c>SIGHUP</c>).</param>
    /// <param name="sink">Gets each finished line, without a newline.</param>
    public EngineLog(EngineLogLevel level, Action<string> sink)
    {
        Level = level;
        _sink = sink;
    }

    public EngineLogLevel Level { get; set; }

    /// <summary>Lines are JSON objects (<c>--log-format json</c>).</summary>
    public bool Json { get; init; }

    /// <summary>Lines are for people at a terminal: the level in color first, then the message, then the fields.</summary>
    public bool Colored { get; init; }

    public void Debug(string message, params ReadOnlySpan<(string Key, object? Value)> fields) => Write(EngineLogLevel.Debug, message, fields);

    public void Info(string message, params ReadOnlySpan<(string Key, object? Value)> fields) => Write(EngineLogLevel.Info, message, fields);

    public void Warn(string message, params ReadOnlySpan<(string Key, object? Value)> fields) => Write(EngineLogLevel.Warn, message, fields);

    public void Error(string message, params ReadOnlySpan<(string Key, object? Value)> fields) => Write(EngineLogLevel.Error, message, fields);

    public bool IsEnabled(EngineLogLevel level) => level >= Level;

    private void Write(EngineLogLevel level, string message, ReadOnlySpan<(string Key, object? Value)> fields)
    {
        if (level < Level)
        {
            return;
        }

        if (Json)
        {
            _sink(EngineLogJson.Line(DateTimeOffset.Now, Name(level), message, fields));
            return;
        }

        if (Colored)
        {
            _sink(EngineLogColors.Line(DateTimeOffset.Now, level, message, fields));
            return;
        }

        var line = new StringBuilder(96 + message.Length);
        line.Append("time=\"").Append(DateTimeOffset.Now.ToString("yyyy-MM-ddTHH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture)).Append("\" level=")
            .Append(Name(level)).Append(" msg=");
        AppendQuoted(line, message);
        foreach (var (key, value) in fields)
        {
            line.Append(' ').Append(key).Append('=');
            AppendValue(line, Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
        }

        _sink(line.ToString());
    }

    private static string Name(EngineLogLevel level) => level switch
    {
        EngineLogLevel.Debug => "debug",
        EngineLogLevel.Info => "info",
        EngineLogLevel.Warn => "warning",
        EngineLogLevel.Error => "error",
        _ => "fatal",
    };

    /// <summary>Appends a field's value, quoted where it needs to be.</summary>
    internal static void AppendValue(StringBuilder line, string value)
    {
        if (value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '/' or '@' or '^' or '+' or ':'))
        {
            line.Append(value);
        }
        else
        {
            AppendQuoted(line, value);
        }
    }

    private static void AppendQuoted(StringBuilder line, string text)
    {
        line.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => line.Append('\\').Append(c),
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                '\t' => line.Append("\\t"),
                < ' ' => line.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => line.Append(c),
            };
        }

        line.Append('"');
    }
}
