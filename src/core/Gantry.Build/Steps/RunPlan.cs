using Gantry.Build.Frontend.Styles;

namespace Gantry.Build.Steps;

/// <summary>A RUN with everything expanded.</summary>
internal sealed record RunPlan
{
    /// <summary>Whose rules hold where the builders differ.</summary>
    public IImageStyle Style { get; init; } = ClassicStyle.Instance;

    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The command with the build arguments it was run with, as the history shows it: <c>|1 A=b /bin/sh -c ...</c>.</summary>
    public required IReadOnlyList<string> CacheCommand { get; init; }

    /// <summary>The image's and the build arguments.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>What of it counts for the cache beside the command: proxies and the like don't.</summary>
    public required IReadOnlyList<string> ImageEnvironment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required string User { get; init; }

    /// <summary>Absolute paths that the image declares as volumes so far.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Of the instruction; empty for the build's.</summary>
    public string Network { get; init; } = string.Empty;

    public bool Privileged { get; init; }

    public IReadOnlyList<MountPlan> Mounts { get; init; } = [];

    /// <summary>A heredoc that begins with <c>#!</c>: a file the command is, under this name.</summary>
    public string? Script { get; init; }

    public string ScriptName { get; init; } = string.Empty;

    public required StepSettings Settings { get; init; }

    /// <summary>Words a non-zero exit code as the build's failure.</summary>
    public required Func<int, string> Failure { get; init; }

    public bool TellRemoval { get; init; }

    public bool TellRemovalAfterFailure { get; init; }
}

/// <summary>A <c>RUN --mount</c> and where its files come from.</summary>
/// <param name="Input">Number of the vertex input that is the source; -1 for the context or none.</param>
/// <param name="Key">What of it counts for the cache.</param>
/// <param name="Folder">Files that are the source instead of the context's, or null.</param>
internal sealed record MountPlan(Dockerfile.RunMount Mount, int Input, string Key, Files.ISourceTree? Folder);
