namespace Gantry.Dockerfile;

/// <summary>Something a Dockerfile gets away with for now, in Docker's words.</summary>
public sealed record DockerfileWarning(string Message, SourceRange Range);
