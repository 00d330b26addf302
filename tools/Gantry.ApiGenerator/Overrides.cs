namespace Gantry.ApiGenerator;

/// <summary>
/// What the specification does not say but a real engine does (overrides.txt): <c>Type.Property always</c> (written even when null;
/// <c>*</c> is every property), <c>Type.Property type CLR_TYPE</c>, <c>Type.Property add CLR_TYPE</c> (a property the specification lacks),
/// <c>Name named NAME</c> renames, <c>Type shape P...</c> is the order and presence of everything a real engine writes (see <see cref="Shape"/>).
/// Lines starting with # are comments.
/// </summary>
internal sealed class Overrides
{
    private readonly Dictionary<string, string> _types = [];
    private readonly HashSet<string> _always = [];
    private readonly Dictionary<string, string> _names = [];
    private readonly Dictionary<string, List<Shape>> _shapes = [];
    private readonly List<(string Type, string Property, string ClrType)> _added = [];

    internal Overrides(IEnumerable<string> lines)
    {
        foreach (var line in lines.Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            var words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            var dot = words[0].IndexOf('.', StringComparison.Ordinal);
            switch (words[1])
            {
                case "always":
                    _always.Add(words[0]);
                    break;
                case "type":
                    _types[words[0]] = words[2];
                    break;
                case "add":
                    _added.Add((words[0][..dot], words[0][(dot + 1)..], words[2]));
                    break;
                case "named":
                    _names[words[0]] = words[2];
                    break;
                case "shape":
                    _shapes.Add(words[0], [.. words[2].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Shape.Parse)]);
                    break;
                default:
                    throw new FormatException($"overrides: {line}");
            }
        }
    }

    /// <summary>How a property is written; the type's shape decides where there is one.</summary>
    internal Presence PresenceOf(string type, string property) =>
        _shapes.TryGetValue(type, out var shapes)
            ? shapes.FirstOrDefault(shape => shape.Property == property)?.Presence ?? Presence.WhenSet
            : _always.Contains($"{type}.{property}") || _always.Contains($"{type}.*") ? Presence.AlwaysOrNull : Presence.WhenSet;

    /// <summary>The names in the order of the type's shape, those it does not mention last.</summary>
    internal IEnumerable<T> InOrder<T>(string type, IReadOnlyCollection<T> properties, Func<T, string> nameOf)
    {
        if (!_shapes.TryGetValue(type, out var shapes))
        {
            return properties;
        }

        var order = shapes.Select((shape, index) => (shape.Property, index)).ToDictionary(pair => pair.Property, pair => pair.index);
        var unknown = order.Keys.Except(properties.Select(nameOf)).ToList();
        return unknown.Count == 0
            ? properties.OrderBy(property => order.GetValueOrDefault(nameOf(property), int.MaxValue))
            : throw new FormatException($"overrides: the shape of {type} has {string.Join(", ", unknown)}, which neither the specification nor an add line has");
    }

    internal string? TypeOf(string type, string property) => _types.GetValueOrDefault($"{type}.{property}");

    internal string NameOf(string proposed) => _names.GetValueOrDefault(proposed, proposed);

    internal IEnumerable<(string Property, string ClrType)> Added(string type) =>
        _added.Where(a => a.Type == type).Select(a => (a.Property, a.ClrType));
}
