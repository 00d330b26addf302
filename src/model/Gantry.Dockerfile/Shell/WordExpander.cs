namespace Gantry.Dockerfile.Shell;

/// <summary>Expands the words of one instruction with the variables that are set where it stands.</summary>
public sealed class WordExpander(char escape, ShellEnvironment environment)
{
    private readonly ShellLexer _lexer = new(escape);
    private readonly ShellLexer _text = new() { IgnoreQuotes = true };

    public string Word(string word) => _lexer.ProcessWord(word, environment);

    public IReadOnlyList<string> Words(string word) => _lexer.ProcessWords(word, environment);

    /// <summary>A heredoc's content: variables and escapes count, quotes are ordinary characters.</summary>
    public string Text(string content) => _text.ProcessWord(content, environment);
}
