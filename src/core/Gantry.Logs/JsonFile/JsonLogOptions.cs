namespace Gantry.Logs;

/// <summary>Options of Docker's <c>json-file</c> log driver.</summary>
public sealed record JsonLogOptions
{
    /// <summary>The live file; rotated ones get <c>.1</c> (newest), <c>.2</c>...</summary>
    public required string Path { get; init; }

    /// <summary>Rotate when the live file has reached this many bytes; 0 never.</summary>
    public long MaxSize { get; init; }

    /// <summary>How many files are kept in all; with 1 a full file is emptied.</summary>
    public int MaxFiles { get; init; } = 1;

    /// <summary>Rotated files are to be compressed; see <see cref="JsonLogWriter.RotatedFile"/>.</summary>
    public bool Compress { get; init; }

    /// <summary>A JSON object put into every entry as <c>attrs</c>, or null.</summary>
    public string? AttributesJson { get; init; }
}
