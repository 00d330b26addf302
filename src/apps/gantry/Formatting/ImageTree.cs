using System.Text;
using Gantry.Api;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>docker images --tree: one image below the other with what it takes and the platforms behind its name, fitted into the terminal's width.</summary>
/// <param name="width">Columns; 0 when it is not known.</param>
/// <param name="colors">Whether more than the headings is coloured.</param>
internal sealed class ImageTree(int width, bool colors)
{
    private const int Spacing = 3;
    private const int NarrowestName = 12;
    private const string Reset = "\e[0m";
    private const string Plain = "\e[39m";
    private const string Heading = "\e[39m\e[1m";

    /// <summary>The columns beside the name.</summary>
    private static readonly Column[] s_columns =
    [
        new("ID", 12, Right: false, row => Shorten.Id(row.Id)),
        new("DISK USAGE", 10, Right: true, row => Sizes.Human(row.Disk, 3)),
        new("CONTENT SIZE", 12, Right: true, row => Sizes.Human(row.Content, 3)),
        new("EXTRA", 5, Right: false, row => row.IsUsed ? "U" : ""),
    ];

    /// <summary>Docker counts bytes here, of characters that have three each.</summary>
    private const int BranchWidth = 7;

    private readonly int _width = width == 0 ? 80 : Math.Max(20, width);

    public string Format(IReadOnlyList<ImageSummary> images)
    {
        var columns = Fit(out var room);
        var platforms = images.SelectMany(Children).Select(child => PlatformOf(child).Length + BranchWidth).ToList();
        var nameWidth = Math.Min(room, images.SelectMany(Names).Select(n => n.Length).Append("IMAGE".Length).Concat(platforms).Max());
        var text = new StringBuilder();
        text.Append(Colored("\e[93m", "WARNING: This is an experimental feature. The output may change and shouldn't be depended on.")).Append('\n');
        text.Append(Legend()).Append("\n\n").Append(Heading).Append("IMAGE").Append(Reset);
        Pad(text, nameWidth - "IMAGE".Length);
        foreach (var column in columns)
        {
            Pad(text, Spacing);
            text.Append(Heading).Append(column.Title).Append(Reset);
            Pad(text, ReferenceEquals(column, columns[^1]) ? 0 : column.Width - column.Title.Length);
        }

        text.Append('\n');
        foreach (var image in images.OrderByDescending(i => i.Created ?? 0))
        {
            Append(text, image, nameWidth, columns);
            AppendPlatforms(text, image, nameWidth, columns);
            text.Append(platforms.Count > 0 ? "\n" : "");
        }

        return text.ToString();
    }

    private void AppendPlatforms(StringBuilder text, ImageSummary image, int nameWidth, IReadOnlyList<Column> columns)
    {
        var children = Children(image);
        for (var i = 0; i < children.Count; i++)
        {
            var child = children[i];
            var row = new Row(child.ID, child.Size?.Total ?? 0, child.Size?.Content ?? 0, child.ImageData?.Containers is { Count: > 0 });
            var color = child.Available == true ? Plain : Plain + "\e[2m";
            Append(text, (i < children.Count - 1 ? "├─ " : "└─ ") + PlatformOf(child), color, color, row, nameWidth, columns);
        }
    }

    private void Append(StringBuilder text, ImageSummary image, int nameWidth, IReadOnlyList<Column> columns)
    {
        var names = Names(image);
        foreach (var name in names.SkipLast(1))
        {
            text.Append(Colored("\e[34m\e[1m", Cut(name, width == 0 ? _width : width))).Append('\n');
        }

        var children = Children(image);
        var isUsed = image.Containers > 0 || children.Exists(child => child.ImageData?.Containers is { Count: > 0 });
        var row = new Row(image.Id, image.Size ?? 0, children.Sum(child => child.Size?.Content ?? 0), isUsed);
        Append(text, names[^1], IsDangling(image) ? "\e[39m\e[2m" : "\e[34m\e[1m", Plain, row, nameWidth, columns);
    }

    private void Append(StringBuilder text, string name, string nameColor, string color, Row row, int nameWidth, IReadOnlyList<Column> columns)
    {
        var shown = Cut(name, nameWidth);
        text.Append(Colored(nameColor, shown));
        Pad(text, nameWidth - shown.Length);
        foreach (var column in columns)
        {
            var value = column.Value(row);
            if (value == "U" && colors)
            {
                // The mark of the legend.
                Pad(text, Spacing);
                text.Append("\e[38;5;0m\e[48;5;14m U \e[0m");
                Pad(text, column.Width - 3);
                continue;
            }

            Pad(text, Spacing + (column.Right ? column.Width - value.Length : 0));
            text.Append(value.Length == 0 ? "" : Colored(color, value));
            Pad(text, column.Right ? 0 : column.Width - value.Length);
        }

        text.Append('\n');
    }

    /// <summary>The platforms' images, here or not; attestations are none.</summary>
    private static List<ImageManifestSummary> Children(ImageSummary image) => [.. (image.Manifests ?? []).Where(manifest => manifest.Kind == "image")];

    private static string PlatformOf(ImageManifestSummary manifest) => manifest.ImageData?.Platform is not { } platform ? "unknown"
        : string.Join('/', new[] { platform.Os, platform.Architecture, platform.Variant }.Where(part => !string.IsNullOrEmpty(part)));

    public static bool IsDangling(ImageSummary image) => (image.RepoTags ?? []).All(t => t == "<none>:<none>");

    private static List<string> Names(ImageSummary image) => IsDangling(image) ? ["<untagged>"] : [.. image.RepoTags!.OrderByDescending(t => t.Length)];

    /// <summary>As many columns as leave the name enough room.</summary>
    private List<Column> Fit(out int nameWidth)
    {
        nameWidth = _width;
        var shown = new List<Column>();
        foreach (var column in s_columns)
        {
            if (nameWidth - column.Width - Spacing < NarrowestName)
            {
                break;
            }

            nameWidth -= column.Width + Spacing;
            shown.Add(column);
        }

        return shown;
    }

    private string Legend()
    {
        var (text, visible) = colors
            ? ("\e[1m\e[106m\e[30mi\e[0m\e[0m \e[96mInfo → \e[0m\e[0m \e[38;5;0m\e[48;5;14m U \e[0m In Use ", 21)
            : ("Info ->  U In Use ", 18);
        return new string(' ', Math.Max(0, _width - visible)) + text;
    }

    private string Colored(string color, string text) => colors ? color + text + Reset : text;

    private static string Cut(string text, int width) => text.Length <= width ? text : text[..(width - 1)] + "…";

    private static void Pad(StringBuilder text, int count) => text.Append(' ', Math.Max(0, count));

    private sealed record Column(string Title, int Width, bool Right, Func<Row, string> Value);

    /// <summary>What stands beside a name: sizes in bytes.</summary>
    private sealed record Row(string? Id, long Disk, long Content, bool IsUsed);
}
