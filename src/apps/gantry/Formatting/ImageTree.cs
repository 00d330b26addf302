using System.Text;
using Gantry.Api;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>docker images --tree: one image below the other with what it takes, fitted into the terminal's width.</summary>
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
        new("ID", 12, Right: false, image => Shorten.Id(image.Id)),
        new("DISK USAGE", 10, Right: true, image => Sizes.Human(image.Size ?? 0, 3)),
        new("CONTENT SIZE", 12, Right: true, _ => Sizes.Human(0, 3)),
        new("EXTRA", 5, Right: false, image => image.Containers > 0 ? "  U" : ""),
    ];

    private readonly int _width = width == 0 ? 80 : Math.Max(20, width);

    public string Format(IReadOnlyList<ImageSummary> images)
    {
        var columns = Fit(out var room);
        var nameWidth = Math.Min(room, images.SelectMany(Names).Select(n => n.Length).Append("IMAGE".Length).Max());
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
        }

        return text.ToString();
    }

    private void Append(StringBuilder text, ImageSummary image, int nameWidth, IReadOnlyList<Column> columns)
    {
        var names = Names(image);
        foreach (var name in names.SkipLast(1))
        {
            text.Append(Colored("\e[34m\e[1m", Cut(name, width == 0 ? _width : width))).Append('\n');
        }

        var last = Cut(names[^1], nameWidth);
        text.Append(Colored(IsDangling(image) ? "\e[39m\e[2m" : "\e[34m\e[1m", last));
        Pad(text, nameWidth - last.Length);
        foreach (var column in columns)
        {
            var value = column.Value(image);
            Pad(text, Spacing + (column.Right ? column.Width - value.Length : 0));
            text.Append(value.Length == 0 ? "" : Colored(Plain, value));
            Pad(text, column.Right ? 0 : column.Width - value.Length);
        }

        text.Append('\n');
    }

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

    private sealed record Column(string Title, int Width, bool Right, Func<ImageSummary, string> Value);
}
