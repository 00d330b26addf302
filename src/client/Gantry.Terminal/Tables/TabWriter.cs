using System.Text;

namespace Gantry.Terminal.Tables;

/// <summary>
/// Elastic tab stops as Go's text/tabwriter makes them with space padding: a cell ends at a tab, consecutive lines that have a cell in a
/// column share its width, and the last cell of a line takes part in no column.
/// </summary>
public sealed class TabWriter
{
    private readonly int _minimumWidth;
    private readonly int _padding;
    private readonly List<string[]> _lines = [];

    private TabWriter(int minimumWidth, int padding)
    {
        _minimumWidth = minimumWidth;
        _padding = padding;
    }

    /// <summary>Lays out <paramref name="text"/>; a final line without a line feed stays without one.</summary>
    public static string Format(string text, int minimumWidth = 10, int padding = 3)
    {
        return new TabWriter(minimumWidth, padding).Layout(text);
    }

    private string Layout(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            _lines.Add(line.Split('\t'));
        }

        var output = new StringBuilder(text.Length * 2);
        Block(output, 0, _lines.Count, []);
        output.Length--;
        return output.ToString();
    }

    /// <summary>Writes lines <paramref name="from"/>..<paramref name="to"/>, all of which share the columns of <paramref name="widths"/>.</summary>
    private void Block(StringBuilder output, int from, int to, List<int> widths)
    {
        var column = widths.Count;
        for (var line = from; line < to;)
        {
            if (column >= _lines[line].Length - 1)
            {
                WriteLine(output, _lines[line], widths);
                line++;
                continue;
            }

            var width = _minimumWidth;
            var end = line;
            for (; end < to && column < _lines[end].Length - 1; end++)
            {
                width = Math.Max(width, CellWidth(_lines[end][column]) + _padding);
            }

            widths.Add(width);
            Block(output, line, end, widths);
            widths.RemoveAt(column);
            line = end;
        }
    }

    private static void WriteLine(StringBuilder output, string[] cells, List<int> widths)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            output.Append(cells[i]);
            if (i < cells.Length - 1)
            {
                output.Append(' ', widths[i] - CellWidth(cells[i]));
            }
        }

        output.Append('\n');
    }

    private static int CellWidth(string cell)
    {
        var width = 0;
        foreach (var _ in cell.EnumerateRunes())
        {
            width++;
        }

        return width;
    }
}
