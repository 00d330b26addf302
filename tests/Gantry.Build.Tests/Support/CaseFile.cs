using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Build.Tests.Support;

/// <summary>A recorded case: sections of a text file, see Cases/record.py.</summary>
internal sealed partial class CaseFile
{
    private readonly List<(string Name, string Text)> _sections = [];

    public CaseFile(string name)
    {
        foreach (var line in File.ReadAllText(Path.Combine(Folder, name + ".case")).Split('\n'))
        {
            if (SectionHead().Match(line) is { Success: true } head)
            {
                _sections.Add((head.Groups[1].Value, string.Empty));
            }
            else if (_sections.Count > 0)
            {
                _sections[^1] = (_sections[^1].Name, _sections[^1].Text + line + "\n");
            }
        }

        for (var i = 0; i < _sections.Count; i++)
        {
            // The split made a line of what follows the last line end.
            var text = _sections[i].Text;
            _sections[i] = (_sections[i].Name, i == _sections.Count - 1 && text.EndsWith('\n') ? text[..^1] : text);
        }

        Expected = File.ReadAllText(Path.Combine(Folder, name + ".expected"));
    }

    public static string Folder { get; } = Path.Combine(ThisFolder(), "..", "Cases");

    public string Expected { get; }

    public string? Base => Section("base");

    public Dictionary<string, string> Options() => (Section("options") ?? string.Empty).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Folder, "*.case").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public MemoryStream Context()
    {
        var builder = new ContextBuilder();
        foreach (var (name, text) in _sections.Where(s => s.Name is not ("options" or "base")))
        {
            Add(builder, name, text);
        }

        return builder.Build();
    }

    private static void Add(ContextBuilder builder, string name, string text)
    {
        var mode = 0x1a4;
        if (WithMode().Match(name) is { Success: true } match)
        {
            (name, mode) = (match.Groups[1].Value, Convert.ToInt32(match.Groups[2].Value, 8));
        }

        if (name.EndsWith(" base64", StringComparison.Ordinal))
        {
            builder.File(name[..^7], Convert.FromBase64String(text.ReplaceLineEndings(string.Empty)), mode);
        }
        else if (name.Contains(" -> ", StringComparison.Ordinal))
        {
            var parts = name.Split(" -> ");
            builder.Link(parts[0], parts[1]);
        }
        else if (name.EndsWith('/'))
        {
            builder.Directory(name.TrimEnd('/'), mode == 0x1a4 ? 0x1ed : mode);
        }
        else
        {
            builder.File(name, Encoding.UTF8.GetBytes(text), mode);
        }
    }

    private string? Section(string name) => _sections.Where(s => s.Name == name).Select(s => s.Text).FirstOrDefault();

    private static string ThisFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex("^-- (.+) --$")]
    private static partial Regex SectionHead();

    [GeneratedRegex(@"^(.+) mode=(\d+)$")]
    private static partial Regex WithMode();
}
