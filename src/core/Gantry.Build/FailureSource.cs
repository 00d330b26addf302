using Gantry.Dockerfile;

namespace Gantry.Build;

/// <summary>Lines of a Dockerfile that something is about.</summary>
/// <param name="Text">The whole file.</param>
public sealed record FailureSource(string FileName, ReadOnlyMemory<byte> Text, SourceRange Range);
