using Gantry.Errors;

namespace Gantry.Dockerfile;

/// <summary>Why a Dockerfile was refused: the text Docker's engine shows for it, and the lines it is about.</summary>
public sealed record DockerfileError(string Message, SourceRange Range)
{
    public GantryException ToException() => GantryException.InvalidArgument(Message);
}

/// <summary>Carries a message up to the place that knows the line. Never leaves this project.</summary>
internal sealed class SyntaxException(string message) : Exception(message);
