using System.Text;
using System.Text.Json;

namespace Gantry.Client.Api;

/// <summary>Filters as the Engine API takes them: <c>{"label":{"a=b":true}}</c>.</summary>
public sealed class Filters
{
    private readonly SortedDictionary<string, SortedSet<string>> _values = new(StringComparer.Ordinal);

    public bool IsEmpty => _values.Count == 0;

    public Filters Add(string name, string value)
    {
        if (!_values.TryGetValue(name, out var values))
        {
            _values[name] = values = new SortedSet<string>(StringComparer.Ordinal);
        }

        values.Add(value);
        return this;
    }

    public IEnumerable<string> Names => _values.Keys;

    public bool Contains(string name) => _values.ContainsKey(name);

    public IEnumerable<string> Get(string name) => _values.TryGetValue(name, out var values) ? values : [];

    public Filters Clone()
    {
        var copy = new Filters();
        foreach (var (name, values) in _values)
        {
            copy._values[name] = new SortedSet<string>(values, StringComparer.Ordinal);
        }

        return copy;
    }

    /// <summary>The JSON text, or null where there is no filter.</summary>
    public string? ToJson()
    {
        if (IsEmpty)
        {
            return null;
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, values) in _values)
            {
                json.WriteStartObject(name);
                foreach (var value in values)
                {
                    json.WriteBoolean(value, true);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
