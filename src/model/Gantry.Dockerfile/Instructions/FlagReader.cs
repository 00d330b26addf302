namespace Gantry.Dockerfile.Syntax;

/// <summary>Checks an instruction's flags against those it knows and gives out their values.</summary>
internal sealed class FlagReader
{
    private readonly Dictionary<string, List<string>> _values = [];

    /// <param name="known">Names; a trailing <c>?</c> marks a boolean, <c>*</c> one that may be repeated.</param>
    public FlagReader(SyntaxNode node, params string[] known)
    {
        var names = known.ToDictionary(k => k.TrimEnd('?', '*'));
        foreach (var flag in node.Flags)
        {
            var equals = flag.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? flag[2..] : flag[2..equals];
            if (!names.TryGetValue(name, out var kind))
            {
                throw new SyntaxException($"unknown flag: --{name}{Suggestion.For(name, names.Keys)}");
            }

            Add(name, equals < 0 ? null : flag[(equals + 1)..], kind[^1]);
        }
    }

    public string Text(string name) => _values.TryGetValue(name, out var values) ? values[0] : string.Empty;

    public IReadOnlyList<string> Texts(string name) => _values.TryGetValue(name, out var values) ? values : [];

    public bool? Boolean(string name) => _values.TryGetValue(name, out var values) ? values[0] == "true" : null;

    private void Add(string name, string? value, char kind)
    {
        if (_values.ContainsKey(name) && kind != '*')
        {
            throw new SyntaxException($"duplicate flag specified: --{name}");
        }

        if (kind == '?' ? value?.Length == 0 : value is null)
        {
            throw new SyntaxException($"missing a value on flag: --{name}");
        }

        if (kind == '?')
        {
            value = value?.ToLowerInvariant() switch
            {
                null or "true" => "true",
                "false" => "false",
                _ => throw new SyntaxException($"expecting boolean value for flag --{name}, not: {value}"),
            };
        }

        if (!_values.TryGetValue(name, out var list))
        {
            _values[name] = list = [];
        }

        list.Add(value!);
    }
}
