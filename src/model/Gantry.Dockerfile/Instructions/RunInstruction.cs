using Gantry.Dockerfile.Shell;

namespace Gantry.Dockerfile;

public sealed record RunInstruction(CommandLine Command) : Instruction, IExpandable
{
    public IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    public IReadOnlyList<RunMount> Mounts { get; init; } = [];

    /// <summary><c>default</c>, <c>none</c> or <c>host</c>; empty when not given.</summary>
    public string Network { get; init; } = string.Empty;

    /// <summary><c>sandbox</c> or <c>insecure</c>; empty when not given.</summary>
    public string Security { get; init; } = string.Empty;

    /// <summary>The command line stays for the shell to expand; flags are expanded here.</summary>
    public Instruction Expand(WordExpander words) => this with { Mounts = Mounts.Select(m => m.Expand(words)).ToList() };
}

public enum RunMountType
{
    Bind,
    Cache,
    Tmpfs,
    Secret,
    Ssh,
}

public enum CacheSharing
{
    Shared,
    Private,
    Locked,
}

/// <summary>A <c>--mount</c> of RUN (Dockerfile reference, "RUN --mount").</summary>
public sealed record RunMount
{
    public RunMountType Type { get; init; }

    /// <summary>Stage, image or named context; empty is the build context (bind) or an empty directory (cache).</summary>
    public string From { get; init; } = string.Empty;

    public string Source { get; init; } = string.Empty;

    public string Target { get; init; } = string.Empty;

    public bool ReadOnly { get; init; }

    public string Id { get; init; } = string.Empty;

    public CacheSharing Sharing { get; init; }

    /// <summary>Fails the step when the secret or agent is missing.</summary>
    public bool Required { get; init; }

    /// <summary>Environment variable that gets the secret, or empty.</summary>
    public string Env { get; init; } = string.Empty;

    /// <summary>Bytes of a tmpfs, 0 for no limit.</summary>
    public long Size { get; init; }

    public int? Mode { get; init; }

    public int? Uid { get; init; }

    public int? Gid { get; init; }

    internal RunMount Expand(WordExpander words) => this with
    {
        From = words.Word(From),
        Source = words.Word(Source),
        Target = words.Word(Target),
        Id = words.Word(Id),
    };
}
