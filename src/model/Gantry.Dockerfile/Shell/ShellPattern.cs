using System.Text;

namespace Gantry.Dockerfile.Shell;

/// <summary>
/// A pattern of <c>${v#p}</c> and its kin: <c>*</c>, <c>?</c>, escapes, literals. Matched by stepping all positions at once, so the
/// time is the product of both lengths whatever the pattern.
/// </summary>
internal sealed class ShellPattern
{
    /// <summary>Limit on the steps one substitution may take.</summary>
    internal const long MaxWork = 256L << 20;
    private const int Any = -1;
    private const int AnyOne = -2;
    private readonly List<int> _tokens;
    private long _work;

    private ShellPattern(List<int> tokens) => _tokens = tokens;

    public static ShellPattern Parse(string text)
    {
        var tokens = new List<int>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 == text.Length)
            {
                throw new SyntaxException($"invalid pattern ({text}) in substitution: invalid escape");
            }

            tokens.Add(text[i] switch
            {
                '*' => Any,
                '?' => AnyOne,
                '\\' => text[++i],
                var c => c,
            });
        }

        return new ShellPattern(tokens);
    }

    public string TrimStart(string value, bool longest)
    {
        var length = Match(value, 0, longest, reverse: false);
        return length < 0 ? value : value[length..];
    }

    public string TrimEnd(string value, bool longest)
    {
        var length = Match(value, 0, longest, reverse: true);
        return length < 0 ? value : value[..^length];
    }

    /// <summary>Replaces the first, or every, longest match from the left.</summary>
    public string Replace(string value, string replacement, bool all)
    {
        var result = new StringBuilder();
        var copied = 0;
        for (var i = 0; i <= value.Length; i++)
        {
            var length = Match(value, i, longest: true, reverse: false);
            if (length < 0)
            {
                continue;
            }

            result.Append(value, copied, i - copied).Append(replacement);
            if (result.Length > ShellLexer.MaxResultLength)
            {
                throw new SyntaxException("the result of the substitution is too long");
            }

            copied = i + length;
            if (!all)
            {
                break;
            }

            // An empty match moves on by one character, which is kept.
            i = length > 0 ? copied - 1 : i;
        }

        return result.Append(value, copied, value.Length - copied).ToString();
    }

    /// <summary>Length of the shortest or longest match from <paramref name="start"/> (from the end when reversed), or -1.</summary>
    private int Match(string value, int start, bool longest, bool reverse)
    {
        var count = _tokens.Count;
        var now = new bool[count + 1];
        var next = new bool[count + 1];
        now[0] = true;
        Spread(now, reverse);
        var best = now[count] ? 0 : -1;
        for (var i = start; i < value.Length && (longest || best < 0); i++)
        {
            var c = reverse ? value[value.Length - 1 - i] : value[i];
            Array.Clear(next);
            if ((_work += count) > MaxWork)
            {
                throw new SyntaxException("the pattern of the substitution takes too long");
            }

            var alive = false;
            for (var t = 0; t < count; t++)
            {
                if (now[t])
                {
                    var token = Token(t, reverse);
                    next[t] |= token == Any;
                    next[t + 1] |= token == AnyOne || token == c;
                    alive |= next[t] || next[t + 1];
                }
            }

            if (!alive)
            {
                break;
            }

            Spread(next, reverse);
            (now, next) = (next, now);
            best = now[count] ? i - start + 1 : best;
        }

        return best;
    }

    /// <summary>A star may match nothing: what reaches it reaches what follows.</summary>
    private void Spread(bool[] states, bool reverse)
    {
        for (var t = 0; t < _tokens.Count; t++)
        {
            states[t + 1] |= states[t] && Token(t, reverse) == Any;
        }
    }

    private int Token(int index, bool reverse) => _tokens[reverse ? _tokens.Count - 1 - index : index];
}
