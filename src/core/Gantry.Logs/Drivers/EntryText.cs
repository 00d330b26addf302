using System.Text;

namespace Gantry.Logs.Drivers;

/// <summary>Parts of entries that destinations need.</summary>
internal static class EntryText
{
    /// <summary>The line without its newline.</summary>
    internal static ReadOnlyMemory<byte> Line(in LogEntry entry) =>
        entry.Line.Length > 0 && entry.Line.Span[^1] == (byte)'\n' ? entry.Line[..^1] : entry.Line;

    internal static string Text(in LogEntry entry) => Encoding.UTF8.GetString(Line(entry).Span);

    /// <summary>A piece of an overlong line with more to come. (The last line of a process may lack its newline too, but is shorter.)</summary>
    internal static bool IsPartial(in LogEntry entry) =>
        entry.Line.Length > JsonLogFormat.MaxLine - 4 && entry.Line.Span[^1] != (byte)'\n';

    internal static DateTimeOffset Time(in LogEntry entry) => DateTimeOffset.UnixEpoch.AddTicks(entry.Timestamp / 100);

    /// <summary>syslog's and journald's priority: an error is what came on standard error.</summary>
    internal static int Severity(in LogEntry entry) => entry.Stream == LogStream.Stderr ? 3 : 6;
}
