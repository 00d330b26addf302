using Gantry.Dockerfile.Shell;

namespace Gantry.Dockerfile;

/// <summary>One instruction of a Dockerfile, understood and checked, variables still as written.</summary>
public abstract record Instruction
{
    private protected Instruction()
    {
    }

    /// <summary>The instruction as the classic builder prints it: the logical line, trimmed.</summary>
    public string Source { get; init; } = string.Empty;

    /// <summary>The lines it takes.</summary>
    public SourceRange Range { get; init; }
}

/// <summary>An instruction whose words are expanded with ENV and ARG values before it is carried out.</summary>
public interface IExpandable
{
    /// <summary>A copy with the words expanded.</summary>
    Instruction Expand(WordExpander words);
}

/// <summary>A key with a value: ENV, LABEL and, where the value may be missing, ARG.</summary>
public sealed record KeyValue(string Key, string? Value)
{
    public override string ToString() => Value is null ? Key : $"{Key}={Value}";

    internal KeyValue Expand(WordExpander words) => new(words.Word(Key), Value is null ? null : words.Word(Value));
}

/// <summary>A command in exec form (argv) or shell form (one line for the image's shell).</summary>
/// <param name="Words">argv, or the one line.</param>
/// <param name="IsShell">True when the SHELL goes in front.</param>
public sealed record CommandLine(IReadOnlyList<string> Words, bool IsShell)
{
    /// <summary>argv with the shell in front where it belongs.</summary>
    public IReadOnlyList<string> Resolve(IReadOnlyList<string> shell) => IsShell ? [.. shell, .. Words] : Words;
}
