using System.Globalization;
using System.Text;

namespace Gantry.Client.Api;

/// <summary>A query string. Values that are null, false or empty are left out.</summary>
public sealed class Query
{
    private readonly StringBuilder _text = new();

    public Query Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Append(name, value);
        }

        return this;
    }

    public Query Add(string name, bool value) => Add(name, value ? "1" : null);

    public Query Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public Query AddAll(string name, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            // An empty one counts, too: the engine says what it thinks of it.
            Append(name, value);
        }

        return this;
    }

    private void Append(string name, string value) => _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));

    public override string ToString() => _text.ToString();
}
