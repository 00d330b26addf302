using System.Text.Json;

namespace Gantry.Logs;

/// <summary>Parses entries of a json-file log. Text is undone in place, so parsing costs no memory.</summary>
internal static class JsonLogParser
{
    private static ReadOnlySpan<byte> AfterLog => ",\"stream\":\"std"u8;

    private static ReadOnlySpan<byte> Attributes => ",\"attrs\":"u8;

    private static ReadOnlySpan<byte> Time => ",\"time\":\""u8;

    /// <summary>Parses one line without its newline; false for what is no entry. Changes the memory.</summary>
    public static bool TryParse(Memory<byte> line, out LogEntry entry)
    {
        var text = line.Span;
        entry = default;
        if (!text.StartsWith(JsonLogFormat.EntryStart) || !text.EndsWith("\"}"u8))
        {
            return TryParseSlowly(line, out entry);
        }

        // 1. The time is at the end, where nothing but its own quotes can be.
        var time = text.LastIndexOf(Time);
        if (time < 0 || time + Time.Length > text.Length - 2 || !LogTimestamp.TryParse(text[(time + Time.Length)..^2], out var timestamp))
        {
            return TryParseSlowly(line, out entry);
        }

        // 2. The text at the beginning, up to the first quote that is not escaped.
        var start = JsonLogFormat.EntryStart.Length;
        var close = JsonText.Unescape(text[start..time], out var length);
        if (close < 0)
        {
            return false;
        }

        // 3. Between them the stream and perhaps attributes.
        var rest = line[(start + close + 1)..time];
        if (!rest.Span.StartsWith(AfterLog) || rest.Length < AfterLog.Length + 4)
        {
            return false;
        }

        var stream = rest.Span[AfterLog.Length] == (byte)'e' ? LogStream.Stderr : LogStream.Stdout;
        var attributes = rest[(AfterLog.Length + 4)..];
        attributes = attributes.Span.StartsWith(Attributes) ? attributes[Attributes.Length..] : default;
        entry = new LogEntry(stream, timestamp, line.Slice(start, length), attributes);
        return true;
    }

    /// <summary>The entry's time only; the memory stays as it is.</summary>
    public static bool TryParseTime(ReadOnlySpan<byte> line, out long timestamp)
    {
        timestamp = 0;
        var time = line.LastIndexOf(Time);
        var end = time < 0 ? -1 : line[(time + Time.Length)..].IndexOf((byte)'"');
        return end >= 0 && LogTimestamp.TryParse(line.Slice(time + Time.Length, end), out timestamp);
    }

    /// <summary>Any order of members and any spacing, as other programs may write them.</summary>
    private static bool TryParseSlowly(Memory<byte> line, out LogEntry entry)
    {
        entry = default;
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("time", out var time)
                || time.ValueKind != JsonValueKind.String
                || !LogTimestamp.TryParse(System.Text.Encoding.UTF8.GetBytes(time.GetString()!), out var timestamp))
            {
                return false;
            }

            var text = root.TryGetProperty("log", out var log) && log.ValueKind == JsonValueKind.String ? log.GetString()! : "";
            var isError = root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.String && stream.ValueEquals("stderr");
            var attributes = root.TryGetProperty("attrs", out var attrs) ? System.Text.Encoding.UTF8.GetBytes(attrs.GetRawText()) : [];
            entry = new LogEntry(isError ? LogStream.Stderr : LogStream.Stdout, timestamp, System.Text.Encoding.UTF8.GetBytes(text), attributes);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is what a string of invalid UTF-8 throws when it is read, long after the document was found well-formed.
            return false;
        }
    }
}
