namespace Gantry.Build;

/// <summary>The files of a build whose client is asked for them as they are needed.</summary>
/// <param name="Client">Stays the caller's; must be there until the build ends.</param>
public sealed record ClientFiles(IBuildClient Client)
{
    /// <summary>False when the files come another way and the client is there for the rest.</summary>
    public bool HasContext { get; init; } = true;

    /// <summary>The folder COPY and ADD take from.</summary>
    public string ContextFolder { get; init; } = "context";

    /// <summary>The folder the Dockerfile is in; empty when it is in the context.</summary>
    public string DockerfileFolder { get; init; } = "dockerfile";

    /// <summary>A tar of the client's upload service that is the context instead of a folder: its path there. Empty for none.</summary>
    public string Upload { get; init; } = string.Empty;
}
