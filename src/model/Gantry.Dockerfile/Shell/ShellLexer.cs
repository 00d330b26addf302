using Gantry.Errors;

namespace Gantry.Dockerfile.Shell;

/// <summary>
/// Expands variables and takes off quotes as Docker's builder does (moby/buildkit, frontend/dockerfile/shell): POSIX-like, with
/// <c>${v:-w} ${v-w} ${v:+w} ${v+w} ${v:?w} ${v?w} ${v#p} ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}</c>.
/// </summary>
public sealed class ShellLexer
{
    /// <summary>Bounds on what a hostile file can make of a word: characters of a result, and nested substitutions.</summary>
    internal const int MaxResultLength = 4 << 20;
    internal const int MaxDepth = 64;

    public ShellLexer(char escape = '\\') => Escape = escape;

    /// <summary>Keeps quotes, escapes and unset variables as they are; used to find words, not to change them.</summary>
    internal static ShellLexer Raw { get; } = new() { RawQuotes = true, RawEscapes = true, KeepUnsetVariables = true };

    internal static ShellLexer KeepUnset { get; } = new() { KeepUnsetVariables = true };

    public char Escape { get; }

    public bool RawQuotes { get; init; }

    public bool RawEscapes { get; init; }

    /// <summary>Quotes are ordinary characters (contents of heredocs).</summary>
    public bool IgnoreQuotes { get; init; }

    /// <summary>A variable without a value stays as written.</summary>
    public bool KeepUnsetVariables { get; init; }

    /// <summary>The one word that <paramref name="word"/> becomes.</summary>
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public string ProcessWord(string word, ShellEnvironment environment) => Process(word, environment).Text;

    /// <summary>The words it becomes when unquoted white space, also of values, separates words.</summary>
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public IReadOnlyList<string> ProcessWords(string word, ShellEnvironment environment) => Process(word, environment).Words;

    /// <summary>The same, or nothing when the text is not well formed.</summary>
    internal IReadOnlyList<string> FindWords(string text)
    {
        try
        {
            return new ShellScanner(text, ShellEnvironment.Empty, this).Run().Words;
        }
        catch (SyntaxException)
        {
            return [];
        }
    }

    private (string Text, IReadOnlyList<string> Words) Process(string source, ShellEnvironment environment)
    {
        try
        {
            return new ShellScanner(source, environment, this).Run();
        }
        catch (SyntaxException e)
        {
            var shown = source.Length > 1024 ? source[..1024] + "..." : source;
            throw GantryException.InvalidArgument($"failed to process {GoText.Quote(shown)}: {e.Message}");
        }
    }
}
