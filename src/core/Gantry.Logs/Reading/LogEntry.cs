namespace Gantry.Logs;

/// <summary>One entry of a log. Its memory is valid until the enumeration that gave it moves on.</summary>
/// <param name="Stream">Where it came from.</param>
/// <param name="Timestamp">Nanoseconds after 1970, UTC.</param>
/// <param name="Line">The text with its newline; without one it is a piece of an overlong line, or the last before the process ended.</param>
/// <param name="Attributes">A JSON object (Docker's <c>attrs</c>), or empty.</param>
public readonly record struct LogEntry(LogStream Stream, long Timestamp, ReadOnlyMemory<byte> Line, ReadOnlyMemory<byte> Attributes);
