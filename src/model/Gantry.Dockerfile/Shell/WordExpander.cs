using Gantry.Errors;

namespace Gantry.Dockerfile.Shell;

/// <summary>Expands the words of one instruction with the variables that are set where it stands.</summary>
public sealed class WordExpander(char escape, ShellEnvironment environment)
{
    private readonly ShellLexer _lexer = new(escape);
    private readonly ShellLexer _text = new() { IgnoreQuotes = true };

    /// <summary>An instruction's text with the values that are known, to be shown; as written where it can't be expanded.</summary>
    /// <param name="asWritten">Quotes and variables without a value stay.</param>
    public string Shown(string text, bool asWritten)
    {
        try
        {
            return new ShellLexer(escape) { RawQuotes = asWritten, KeepUnsetVariables = asWritten }.ProcessWord(text, environment);
        }
        catch (GantryException)
        {
            return text;
        }
    }

    public string Word(string word) => _lexer.ProcessWord(word, environment);

    public IReadOnlyList<string> Words(string word) => _lexer.ProcessWords(word, environment);

    /// <summary>A heredoc's content: variables and escapes count, quotes are ordinary characters.</summary>
    public string Text(string content) => _text.ProcessWord(content, environment);
}
