using Gantry.Errors;

namespace Gantry.Dockerfile;

/// <summary>
/// One pattern: Go's globs with <c>**</c> for any number of directories. Matched by stepping all positions at once, so the time is the
/// product of both lengths whatever the pattern.
/// </summary>
internal sealed class IgnorePattern
{
    private readonly string _pattern;
    private readonly List<(Kind Kind, int Offset)> _tokens = [];
    private readonly bool _isLiteral;
    private bool[] _now = [];
    private bool[] _next = [];

    private IgnorePattern(string pattern, bool isException)
    {
        _pattern = pattern;
        IsException = isException;
        _isLiteral = !pattern.AsSpan().ContainsAny("*?[\\");
        Compile();
    }

    private enum Kind
    {
        /// <summary>One character, as the pattern says at the offset.</summary>
        One,

        /// <summary><c>*</c>: any characters but a slash.</summary>
        Star,

        /// <summary><c>**</c> at the end: anything.</summary>
        All,

        /// <summary><c>**/</c>: nothing, or anything that ends with a slash. The second is being within it.</summary>
        Directories,
        WithinDirectories,
    }

    public bool IsException { get; }

    public static IgnorePattern Parse(string text)
    {
        var exception = text.StartsWith('!');
        if (exception && text.Length == 1)
        {
            throw GantryException.InvalidArgument("illegal exclusion pattern: \"!\"");
        }

        var pattern = GoPath.Clean(exception ? text[1..] : text);
        try
        {
            Glob.Check(pattern);
            return new IgnorePattern(pattern, exception);
        }
        catch (FormatException e)
        {
            throw GantryException.InvalidArgument($"syntax error in pattern: {text}", e);
        }
    }

    public bool IsMatch(ReadOnlySpan<char> path)
    {
        if (_isLiteral)
        {
            return path.SequenceEqual(_pattern);
        }

        lock (_tokens)
        {
            return Run(path);
        }
    }

    private bool Run(ReadOnlySpan<char> path)
    {
        Array.Clear(_now);
        _now[0] = true;
        Spread(_now);
        foreach (var c in path)
        {
            Array.Clear(_next);
            for (var t = 0; t < _tokens.Count; t++)
            {
                if (_now[t])
                {
                    Step(t, c);
                }
            }

            Spread(_next);
            (_now, _next) = (_next, _now);
        }

        return _now[_tokens.Count];
    }

    private void Step(int t, char c)
    {
        var (kind, offset) = _tokens[t];
        switch (kind)
        {
            case Kind.One:
                _next[t + 1] |= Glob.One(_pattern, ref offset, c);
                break;
            case Kind.Star:
                _next[t] |= c != '/';
                break;
            case Kind.All:
                _next[t] = true;
                break;
            case Kind.Directories:
                _next[t + 1] = true;
                _next[t + 2] |= c == '/';
                break;
            case Kind.WithinDirectories:
                _next[t] = true;
                _next[t + 1] |= c == '/';
                break;
        }
    }

    /// <summary>What may match nothing is passed at once.</summary>
    private void Spread(bool[] states)
    {
        for (var t = 0; t < _tokens.Count; t++)
        {
            if (states[t])
            {
                var kind = _tokens[t].Kind;
                states[t + 1] |= kind is Kind.Star or Kind.All;
                states[t + (kind == Kind.Directories ? 2 : 0)] = true;
            }
        }
    }

    private void Compile()
    {
        for (var p = 0; p < _pattern.Length;)
        {
            if (_pattern[p] != '*')
            {
                _tokens.Add((Kind.One, p));
                Glob.One(_pattern, ref p, 'x');
            }
            else if (p + 1 < _pattern.Length && _pattern[p + 1] == '*')
            {
                p += p + 2 < _pattern.Length && _pattern[p + 2] == '/' ? 3 : 2;
                AddDoubleStar(atEnd: p == _pattern.Length);
            }
            else
            {
                _tokens.Add((Kind.Star, p++));
            }
        }

        _now = new bool[_tokens.Count + 1];
        _next = new bool[_tokens.Count + 1];
    }

    private void AddDoubleStar(bool atEnd)
    {
        if (atEnd)
        {
            _tokens.Add((Kind.All, 0));
            return;
        }

        _tokens.Add((Kind.Directories, 0));
        _tokens.Add((Kind.WithinDirectories, 0));
    }
}
