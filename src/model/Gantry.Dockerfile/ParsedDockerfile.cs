using System.Diagnostics.CodeAnalysis;
using System.Text;
using Gantry.Dockerfile.Syntax;
using Gantry.Errors;

namespace Gantry.Dockerfile;

/// <summary>
/// A whole Dockerfile, checked (Dockerfile reference; texts and corner cases as in moby/buildkit's frontend, which the classic builder
/// shares). Variables are not expanded yet: their values depend on base images.
/// </summary>
public sealed record ParsedDockerfile
{
    /// <summary>Bytes of a Dockerfile that are read at most.</summary>
    public const int MaxLength = 16 << 20;

    /// <summary>What the classic builder puts before the failures of the parser's first stage; BuildKit does not.</summary>
    public const string FailurePrefix = "failed to parse Dockerfile: ";

    /// <summary>Instructions a Dockerfile has at most.</summary>
    public const int MaxInstructions = 100_000;

    /// <summary>The escape character: backslash or backtick.</summary>
    public required char Escape { get; init; }

    /// <summary>The parser directives by lower-case name: <c>syntax</c>, <c>escape</c>, <c>check</c>.</summary>
    public required IReadOnlyDictionary<string, string> Directives { get; init; }

    /// <summary>The ARGs before the first FROM.</summary>
    public required IReadOnlyList<ArgInstruction> GlobalArguments { get; init; }

    public required IReadOnlyList<Stage> Stages { get; init; }

    public required IReadOnlyList<DockerfileWarning> Warnings { get; init; }

    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static ParsedDockerfile Parse(string text) => TryParse(text, out var parsed, out var error) ? parsed : throw error.ToException();

    /// <summary>Reads UTF-8, with or without a byte order mark.</summary>
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static ParsedDockerfile Parse(ReadOnlySpan<byte> utf8) => utf8.Length <= MaxLength
        ? Parse(Encoding.UTF8.GetString(utf8))
        : throw GantryException.InvalidArgument($"{FailurePrefix}the Dockerfile is larger than {MaxLength} bytes");

    public static bool TryParse(string text, [NotNullWhen(true)] out ParsedDockerfile? parsed, [NotNullWhen(false)] out DockerfileError? error)
    {
        parsed = null;
        return SyntaxTree.TryParse(text, out error) is { } tree && TryUnderstand(tree, out parsed, out error);
    }

    /// <summary>Parses the one instruction of an ONBUILD trigger.</summary>
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static Instruction ParseTrigger(string trigger)
    {
        if (SyntaxTree.TryParse(trigger, out var error) is not { } tree)
        {
            throw error!.ToException();
        }

        if (tree.Nodes.Count != 1)
        {
            throw GantryException.InvalidArgument("onbuild trigger should be a single expression");
        }

        try
        {
            return InstructionParser.Parse(tree.Nodes[0]);
        }
        catch (SyntaxException e)
        {
            throw GantryException.InvalidArgument(e.Message);
        }
    }

    private static bool TryUnderstand(SyntaxTree tree, [NotNullWhen(true)] out ParsedDockerfile? parsed, [NotNullWhen(false)] out DockerfileError? error)
    {
        parsed = null;
        error = null;
        var reader = new StageReader();
        foreach (var node in tree.Nodes)
        {
            try
            {
                error = reader.Add(node);
            }
            catch (SyntaxException e)
            {
                error = new DockerfileError($"dockerfile parse error on line {node.Range.Start}: {e.Message}", node.Range);
            }

            if (error is not null)
            {
                return false;
            }
        }

        parsed = new ParsedDockerfile
        {
            Escape = tree.Escape,
            Directives = tree.Directives,
            GlobalArguments = reader.GlobalArguments,
            Stages = reader.Stages(),
            Warnings = tree.Warnings,
        };
        return true;
    }
}
