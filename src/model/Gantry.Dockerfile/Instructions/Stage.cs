namespace Gantry.Dockerfile;

/// <summary>A FROM and the instructions up to the next.</summary>
public sealed record Stage
{
    /// <summary>Lower case; empty when not named.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>Image reference, earlier stage or <c>scratch</c>, variables as written.</summary>
    public required string BaseName { get; init; }

    /// <summary>The <c>--platform</c> flag, variables as written, or empty.</summary>
    public string Platform { get; init; } = string.Empty;

    public required string Source { get; init; }

    public SourceRange Range { get; init; }

    public required IReadOnlyList<Instruction> Instructions { get; init; }
}
