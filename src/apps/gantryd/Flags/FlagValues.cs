using System.Globalization;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Flags;

/// <summary>What was given for each flag, by name of the flag, from the command line and the file together.</summary>
internal sealed class FlagValues
{
    private readonly Dictionary<string, List<string>> _values = [];

    internal bool Has(string name) => _values.ContainsKey(name);

    internal void Add(string name, string value)
    {
        if (!_values.TryGetValue(name, out var list))
        {
            _values[name] = list = [];
        }

        list.Add(value);
    }

    internal void Set(string name, IReadOnlyList<string> values) => _values[name] = [.. values];

    internal IReadOnlyList<string> List(string name) => _values.GetValueOrDefault(name) ?? [];

    /// <summary>The last one given, or <paramref name="absent"/>.</summary>
    internal string Text(string name, string absent = "") => _values.TryGetValue(name, out var list) && list.Count > 0 ? list[^1] : absent;

    internal bool Bool(string name, bool absent = false) => Has(name) ? Text(name) == "true" : absent;

    internal int Number(string name, int absent) => Has(name) ? int.Parse(Text(name), CultureInfo.InvariantCulture) : absent;

    /// <summary>Entries <c>name=value</c>.</summary>
    /// <exception cref="GantryException">InvalidArgument: one has no equals sign.</exception>
    internal IReadOnlyDictionary<string, string> Map(string name)
    {
        var map = new Dictionary<string, string>();
        foreach (var entry in List(name))
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw GantryException.InvalidArgument($"invalid argument \"{entry}\" for \"--{name}\" flag: must be in the form name=value");
            }

            map[entry[..equals]] = entry[(equals + 1)..];
        }

        return map;
    }
}
