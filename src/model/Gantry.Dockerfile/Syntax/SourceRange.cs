namespace Gantry.Dockerfile;

/// <summary>The lines an instruction takes in its Dockerfile: first and last, counted from 1. A trigger has the lines of its ONBUILD.</summary>
public readonly record struct SourceRange(int Start, int End);
