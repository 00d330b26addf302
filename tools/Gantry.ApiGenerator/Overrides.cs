namespace Gantry.ApiGenerator;

/// <summary>
/// What the specification does not say but a real engine does (overrides.txt): <c>Type.Property always</c> (written even when null;
/// <c>*</c> is every property), <c>Type.Property type CLR_TYPE</c>, <c>Type.Property add CLR_TYPE</c> (a property the specification lacks),
/// <c>operation NAME</c> renames. Lines starting with # are comments.
/// </summary>
internal sealed class Overrides
{
    private readonly Dictionary<string, string> _types = [];
    private readonly HashSet<string> _always = [];
    private readonly Dictionary<string, string> _names = [];
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
                default:
                    throw new FormatException($"overrides: {line}");
            }
        }
    }

    internal bool IsAlways(string type, string property) => _always.Contains($"{type}.{property}") || _always.Contains($"{type}.*");

    internal string? TypeOf(string type, string property) => _types.GetValueOrDefault($"{type}.{property}");

    internal string NameOf(string proposed) => _names.GetValueOrDefault(proposed, proposed);

    internal IEnumerable<(string Property, string ClrType)> Added(string type) =>
        _added.Where(a => a.Type == type).Select(a => (a.Property, a.ClrType));
}
