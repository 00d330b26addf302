using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Gantry.Logs;

/// <summary>How the Engine API's log endpoints want entries.</summary>
public sealed record LogOutputOptions
{
    /// <summary>Frames with stream and length before each entry (containers without a terminal), else bare text.</summary>
    public bool Multiplexed { get; init; }

    /// <summary>Put the time before each entry.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Put the attributes before each entry, as <c>name=value,name=value</c> with URL escaping.</summary>
    public bool Details { get; init; }
}

/// <summary>Writes entries in the format of the Engine API's log endpoints, straight into a response's buffer.</summary>
public static class LogEntryWriter
{
    private const int FrameHeaderSize = 8;

    public static void Write(LogEntry entry, LogOutputOptions options, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        var details = options.Details ? Encoding.UTF8.GetBytes(Details(entry.Attributes)) : [];
        var prefix = (options.Timestamps ? LogTimestamp.FixedLength + 1 : 0) + (options.Details ? details.Length + 1 : 0);
        var header = options.Multiplexed ? FrameHeaderSize : 0;
        var length = prefix + entry.Line.Length;
        var span = output.GetSpan(header + length);
        if (options.Multiplexed)
        {
            span[0] = (byte)entry.Stream;
            span[1..4].Clear();
            BinaryPrimitives.WriteInt32BigEndian(span[4..], length);
        }

        var rest = span[header..];
        if (options.Timestamps)
        {
            LogTimestamp.Format(entry.Timestamp, rest);
            rest[LogTimestamp.FixedLength] = (byte)' ';
            rest = rest[(LogTimestamp.FixedLength + 1)..];
        }

        if (options.Details)
        {
            details.CopyTo(rest);
            rest[details.Length] = (byte)' ';
            rest = rest[(details.Length + 1)..];
        }

        entry.Line.Span.CopyTo(rest);
        output.Advance(header + length);
    }

    /// <summary>Sorted by name, as Docker gives them.</summary>
    private static string Details(ReadOnlyMemory<byte> attributes)
    {
        if (attributes.IsEmpty)
        {
            return "";
        }

        try
        {
            using var document = JsonDocument.Parse(attributes);
            return string.Join(',', document.RootElement.EnumerateObject()
                .Select(member => $"{Uri.EscapeDataString(member.Name)}={Uri.EscapeDataString(member.Value.ToString())}")
                .Order(StringComparer.Ordinal));
        }
        catch (JsonException)
        {
            // Damaged attributes are no reason to withhold the line.
            return "";
        }
    }
}
