using Gantry.Dockerfile.Shell;

namespace Gantry.Dockerfile;

/// <summary>What ADD and COPY share.</summary>
public abstract record CopyingInstruction : Instruction, IExpandable
{
    /// <summary>Source paths, patterns and URLs, in order; heredocs are apart.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    public IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    public string Destination { get; init; } = string.Empty;

    /// <summary><c>user[:group]</c> by name or number, or empty.</summary>
    public string Chown { get; init; } = string.Empty;

    /// <summary>Octal mode, or empty.</summary>
    public string Chmod { get; init; } = string.Empty;

    /// <summary>The layer does not depend on what lies below it. The result is the same; only caching may use it.</summary>
    public bool Link { get; init; }

    /// <summary>Patterns of files to leave out.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    public virtual Instruction Expand(WordExpander words) => this with
    {
        Sources = Sources.Select(words.Word).ToList(),
        Destination = words.Word(Destination),
        Chown = words.Word(Chown),
        Chmod = words.Word(Chmod),
        Exclude = Exclude.Select(words.Word).ToList(),
        Heredocs = Heredocs.Select(h => h.Expand ? h with { Content = words.Text(h.Content) } : h).ToList(),
    };
}

public sealed record CopyInstruction : CopyingInstruction
{
    /// <summary>Stage name, stage number, image reference, or empty for the build context.</summary>
    public string From { get; init; } = string.Empty;

    /// <summary>Keeps the sources' parent directories.</summary>
    public bool Parents { get; init; }
}

public sealed record AddInstruction : CopyingInstruction
{
    /// <summary>Digest that a downloaded source must have, or empty.</summary>
    public string Checksum { get; init; } = string.Empty;

    public bool KeepGitDir { get; init; }

    /// <summary>False leaves local archives packed; null is the default: unpack local ones.</summary>
    public bool? Unpack { get; init; }

    public override Instruction Expand(WordExpander words) =>
        ((AddInstruction)base.Expand(words)) with { Checksum = words.Word(Checksum) };
}
