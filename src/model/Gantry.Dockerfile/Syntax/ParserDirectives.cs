namespace Gantry.Dockerfile.Syntax;

/// <summary>
/// The <c># name=value</c> comments a Dockerfile may begin with. The first line that is not a known directive ends them.
/// </summary>
internal sealed class ParserDirectives
{
    private static readonly HashSet<string> s_known = ["escape", "syntax", "check"];
    private readonly Dictionary<string, string> _values = [];
    private bool _done;

    public char Escape { get; private set; } = '\\';

    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>Looks at the next line of the file's beginning.</summary>
    public void Offer(string line)
    {
        if (_done)
        {
            return;
        }

        if (Split(line) is not var (name, value) || !s_known.Contains(name))
        {
            _done = true;
            return;
        }

        if (!_values.TryAdd(name, value))
        {
            throw new SyntaxException($"only one {name} parser directive can be used");
        }

        if (name == "escape")
        {
            Escape = value is "\\" or "`" ? value[0] : throw new SyntaxException($"invalid escape token '{value}' does not match ` or \\");
        }
    }

    private static (string Name, string Value)? Split(string line)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !line.StartsWith('#'))
        {
            return null;
        }

        var name = line[1..equals].Trim().ToLowerInvariant();
        var value = line[(equals + 1)..].Trim();
        return name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(char.IsAsciiLetterOrDigit) && value.Length > 0 ? (name, value) : null;
    }
}
