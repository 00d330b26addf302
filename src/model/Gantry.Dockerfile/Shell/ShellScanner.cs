using System.Text;

namespace Gantry.Dockerfile.Shell;

/// <summary>One run of the lexer over one text.</summary>
internal sealed class ShellScanner(string source, ShellEnvironment environment, ShellLexer options)
{
    private const char None = '\0';
    private int _position;
    private int _depth;
    private bool _rawEscapes = options.RawEscapes;

    private bool AtEnd => _position >= source.Length;

    public (string Text, IReadOnlyList<string> Words) Run()
    {
        var result = UpTo(None);
        return (result.Text, result.Words());
    }

    /// <summary>Reads to <paramref name="stop"/> (taken off) or, without one, to the end.</summary>
    private WordBuilder UpTo(char stop)
    {
        var result = new WordBuilder();
        while (!AtEnd)
        {
            var c = source[_position];
            if (stop != None && c == stop)
            {
                _position++;
                return result;
            }

            Step(c, result);
        }

        return stop == None ? result : throw new SyntaxException($"unexpected end of statement while looking for matching {stop}");
    }

    private void Step(char c, WordBuilder result)
    {
        switch (c)
        {
            case '$':
                result.AddExpanded(Dollar());
                break;
            case '\'' when !options.IgnoreQuotes:
                result.AddQuoted(SingleQuote());
                break;
            case '"' when !options.IgnoreQuotes:
                result.AddQuoted(DoubleQuote());
                break;
            case var _ when c == options.Escape:
                Escaped(result);
                break;
            default:
                _position++;
                result.Add(c);
                break;
        }
    }

    private void Escaped(WordBuilder result)
    {
        _position++;
        if (_rawEscapes)
        {
            result.AddQuoted([options.Escape]);
        }

        if (!AtEnd)
        {
            result.AddQuoted([source[_position++]]);
        }
    }

    private string SingleQuote()
    {
        var end = source.IndexOf('\'', _position + 1);
        if (end < 0)
        {
            throw new SyntaxException("unexpected end of statement while looking for matching single-quote");
        }

        var text = options.RawQuotes ? source[_position..(end + 1)] : source[(_position + 1)..end];
        _position = end + 1;
        return text;
    }

    private string DoubleQuote()
    {
        var text = new StringBuilder();
        _position++;
        if (options.RawQuotes)
        {
            text.Append('"');
        }

        while (!AtEnd)
        {
            var c = source[_position];
            if (c == '"')
            {
                _position++;
                return (options.RawQuotes ? text.Append('"') : text).ToString();
            }

            if (c == '$')
            {
                text.Append(Dollar());
                continue;
            }

            _position++;
            if (c == options.Escape && !InsideEscape(text, ref c))
            {
                continue;
            }

            text.Append(c);
        }

        throw new SyntaxException("unexpected end of statement while looking for matching double-quote");
    }

    /// <summary>In double quotes an escape counts before <c>"</c>, <c>$</c> and itself, and is an ordinary character elsewhere.</summary>
    private bool InsideEscape(StringBuilder text, ref char c)
    {
        if (_rawEscapes)
        {
            text.Append(c);
        }

        if (AtEnd)
        {
            return false;
        }

        var next = source[_position];
        if (next == '"' || next == '$' || next == options.Escape)
        {
            c = next;
            _position++;
            return true;
        }

        return !_rawEscapes;
    }

    private string Dollar()
    {
        _position++;
        if (!AtEnd && source[_position] == '{')
        {
            _position++;
            return Braces();
        }

        var name = Name();
        return name.Length == 0 ? "$"
            : environment.TryGet(name, out var value) ? value
            : options.KeepUnsetVariables ? "$" + name : string.Empty;
    }

    private string Braces()
    {
        if (++_depth > ShellLexer.MaxDepth)
        {
            throw new SyntaxException("substitutions are nested too deeply");
        }

        var name = Name();
        if (name.Length > 0 && AtEnd)
        {
            // Docker takes the end for a character, which it shows like this.
            throw new SyntaxException("unsupported modifier (\uFFFD) in substitution");
        }

        var modifier = Take();
        if (name.Length == 0 && modifier == '}')
        {
            throw new SyntaxException("syntax error: bad substitution");
        }

        var text = modifier switch
        {
            '}' => environment.TryGet(name, out var value) ? value : options.KeepUnsetVariables ? $"${{{name}}}" : string.Empty,
            '/' => Replace(name),
            ':' => Modified(name, Take(), emptyIsUnset: true),
            _ => Modified(name, modifier, emptyIsUnset: false),
        };
        _depth--;
        return text;
    }

    private char Take() => AtEnd ? throw new SyntaxException("syntax error: missing '}'") : source[_position++];

    private string Modified(string name, char modifier, bool emptyIsUnset)
    {
        var isPattern = modifier is '#' or '%';
        var shown = (emptyIsUnset ? ":" : string.Empty) + modifier;
        if (modifier is not ('+' or '-' or '?' or '#' or '%'))
        {
            throw new SyntaxException($"unsupported modifier ({shown}) in substitution");
        }

        var word = Part('}', isPattern, "syntax error: missing '}'");
        var isSet = environment.TryGet(name, out var value);
        if (!isSet && options.KeepUnsetVariables)
        {
            return $"${{{name}{shown}{word}}}";
        }

        var missing = !isSet || (emptyIsUnset && value!.Length == 0);
        return modifier switch
        {
            '-' => missing ? word : value!,
            '+' => missing ? string.Empty : word,
            '?' => !missing ? value!
                : throw new SyntaxException($"{name}: {(word.Length > 0 ? word : isSet ? "is not allowed to be empty" : "is not allowed to be unset")}"),
            _ => Trim(modifier, word, value ?? string.Empty),
        };
    }

    private static string Trim(char side, string word, string value)
    {
        var longest = word.StartsWith(side);
        var pattern = ShellPattern.Parse(longest ? word[1..] : word);
        return side == '#' ? pattern.TrimStart(value, longest) : pattern.TrimEnd(value, longest);
    }

    private string Replace(string name)
    {
        var all = !AtEnd && source[_position] == '/';
        _position += all ? 1 : 0;
        var pattern = Part('/', rawEscapes: true, "syntax error: missing '/' in ${}");
        var replacement = Part('}', rawEscapes: true, "syntax error: missing '}'");
        if (!environment.TryGet(name, out var value))
        {
            return options.KeepUnsetVariables ? $"${{{name}/{pattern}/{replacement}}}" : string.Empty;
        }

        return ShellPattern.Parse(pattern).Replace(value, replacement, all);
    }

    private string Part(char stop, bool rawEscapes, string atEnd)
    {
        var outer = _rawEscapes;
        _rawEscapes = rawEscapes;
        try
        {
            return UpTo(stop).Text;
        }
        catch (SyntaxException) when (AtEnd)
        {
            throw new SyntaxException(atEnd);
        }
        finally
        {
            _rawEscapes = outer;
        }
    }

    /// <summary>Letters, digits and underscores; a number, or one special character, when it begins so.</summary>
    private string Name()
    {
        var start = _position;
        if (AtEnd)
        {
            return string.Empty;
        }

        if (char.IsDigit(source[start]))
        {
            while (!AtEnd && char.IsDigit(source[_position]))
            {
                _position++;
            }
        }
        else if ("@*#?-$!".Contains(source[start], StringComparison.Ordinal))
        {
            _position++;
        }
        else
        {
            while (!AtEnd && (char.IsLetterOrDigit(source[_position]) || source[_position] == '_'))
            {
                _position++;
            }
        }

        return source[start.._position];
    }
}
