namespace Gantry.Registry.Auth;

/// <summary>One challenge of a <c>WWW-Authenticate</c> header (RFC 9110, section 11.6.1). Scheme and parameter names are lower-case.</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    internal string? Parameter(string name) => Parameters.TryGetValue(name, out var value) ? value : null;

    /// <summary>
    /// Reads all challenges of the header's values. Malformed input ends the reading; what was complete before it counts. Commas separate
    /// both challenges and parameters: a word followed by <c>=</c> is a parameter, any other word starts a challenge.
    /// </summary>
    internal static IReadOnlyList<Challenge> Parse(IEnumerable<string> values) => [.. values.SelectMany(value => new Reader(value).All())];

    private ref struct Reader(string text)
    {
        private const int MaxParameters = 64;
        private readonly string _text = text;
        private int _at;

        internal List<Challenge> All()
        {
            var challenges = new List<Challenge>();
            Dictionary<string, string>? parameters = null;
            var left = MaxParameters;
            while (left-- > 0)
            {
                SkipSeparators();
                var word = Token();
                if (word.Length == 0)
                {
                    break;
                }

                if (TakeEquals())
                {
                    if (parameters is null || !Value(out var value))
                    {
                        break;
                    }

                    parameters[word.ToLowerInvariant()] = value;
                }
                else
                {
                    parameters = new Dictionary<string, string>(StringComparer.Ordinal);
                    challenges.Add(new Challenge(word.ToLowerInvariant(), parameters));
                    SkipToken68();
                }
            }

            return challenges;
        }

        private readonly char Current => _at < _text.Length ? _text[_at] : '\0';

        private void SkipSeparators()
        {
            while (Current is ' ' or '\t' or ',')
            {
                _at++;
            }
        }

        private void SkipBlanks()
        {
            while (Current is ' ' or '\t')
            {
                _at++;
            }
        }

        private string Token()
        {
            var start = _at;
            while (IsTokenCharacter(Current))
            {
                _at++;
            }

            return _text[start.._at];
        }

        /// <summary>Consumes a <c>=</c> that belongs to a parameter; a second one right after it means base64 padding.</summary>
        private bool TakeEquals()
        {
            var back = _at;
            SkipBlanks();
            if (Current == '=' && (_at + 1 >= _text.Length || _text[_at + 1] != '='))
            {
                _at++;
                SkipBlanks();
                return true;
            }

            _at = back;
            return false;
        }

        /// <summary>A credential in base64 right after the scheme has nothing for us.</summary>
        private void SkipToken68()
        {
            var back = _at;
            SkipBlanks();
            var start = _at;
            while (IsTokenCharacter(Current) || Current is '/' or '=')
            {
                _at++;
            }

            var whole = _at > start && Current is '\0' or ',' && (_text[start.._at].EndsWith('=') || !_text[start.._at].Contains('='));
            SkipBlanks();
            if (!whole || Current is not ('\0' or ','))
            {
                _at = back;
            }
        }

        private bool Value(out string value)
        {
            if (Current != '"')
            {
                value = Token();
                return true;
            }

            var builder = new System.Text.StringBuilder();
            for (_at++; _at < _text.Length; _at++)
            {
                if (Current == '"')
                {
                    _at++;
                    value = builder.ToString();
                    return true;
                }

                if (Current == '\\' && _at + 1 < _text.Length)
                {
                    _at++;
                }

                builder.Append(Current);
            }

            value = string.Empty;
            return false;
        }

        /// <summary>RFC 9110's tchar; unquoted values with ':' and '/' occur in the wild and are taken too.</summary>
        private static bool IsTokenCharacter(char c) =>
            char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~:/".Contains(c, StringComparison.Ordinal) && c != '\0';
    }
}
