using System.Text;

namespace Gantry.Dockerfile.Shell;

/// <summary>Collects a result twice: as one text, and as the words that unquoted white space makes of it.</summary>
internal sealed class WordBuilder
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _word = new();
    private readonly List<string> _words = [];

    public string Text => _text.ToString();

    /// <summary>An unquoted character.</summary>
    public void Add(char c)
    {
        _text.Append(c);
        AddToWord(c);
    }

    /// <summary>A variable's value: its white space separates words.</summary>
    public void AddExpanded(string value)
    {
        Check(value.Length);
        _text.Append(value);
        foreach (var c in value)
        {
            AddToWord(c);
        }
    }

    /// <summary>A quoted or escaped text: its white space does not separate.</summary>
    public void AddQuoted(ReadOnlySpan<char> text)
    {
        Check(text.Length);
        _text.Append(text);
        _word.Append(text);
    }

    public IReadOnlyList<string> Words()
    {
        EndWord();
        return _words;
    }

    private void AddToWord(char c)
    {
        if (char.IsWhiteSpace(c))
        {
            EndWord();
        }
        else
        {
            _word.Append(c);
        }
    }

    private void EndWord()
    {
        if (_word.Length > 0)
        {
            _words.Add(_word.ToString());
            _word.Clear();
        }
    }

    private void Check(int more)
    {
        if (_text.Length + more > ShellLexer.MaxResultLength)
        {
            throw new SyntaxException("the result of the substitution is too long");
        }
    }
}
