using System.Text;

namespace Gantry.Terminal.Tables;

/// <summary>
/// Elastic tab stops as Go's text/tabwriter makes them with space padding: a cell ends at a tab, consecutive lines that have a cell in a
/// column share its width, and the last cell of a line takes part in no column.
/// </summary>
public sealed class TabWriter
{
    private readonly string _text;
    private readonly int _minimumWidth;
    private readonly int _padding;

    /// <summary>Where the cells of all lines begin and end in the text.</summary>
    private readonly List<(int Start, int End)> _cells = [];

    /// <summary>The first cell of each line, and one past the last line's cells.</summary>
    private readonly List<int> _lines = [];

    private TabWriter(string text, int minimumWidth, int padding)
    {
        _text = text;
        _minimumWidth = minimumWidth;
        _padding = padding;
    }

    /// <summary>Lays out <paramref name="text"/>; a final line without a line feed stays without one.</summary>
    public static string Format(string text, int minimumWidth = 10, int padding = 3) => new TabWriter(text, minimumWidth, padding).Layout();

    private string Layout()
    {
        Split();
        var output = new StringBuilder(_text.Length * 3 / 2);
        Block(output, 0, _lines.Count - 1, []);
        output.Length--;
        return output.ToString();
    }

    private void Split()
    {
        _lines.Add(0);
        for (var start = 0; ;)
        {
            var length = _text.AsSpan(start).IndexOfAny('\t', '\n');
            var end = length < 0 ? _text.Length : start + length;
            _cells.Add((start, end));
            if (length < 0 || _text[end] == '\n')
            {
                _lines.Add(_cells.Count);
            }

            if (length < 0)
            {
                return;
            }

            start = end + 1;
        }
    }

    private int CellCount(int line) => _lines[line + 1] - _lines[line];

    private ReadOnlySpan<char> Cell(int line, int column)
    {
        var (start, end) = _cells[_lines[line] + column];
        return _text.AsSpan(start, end - start);
    }

    /// <summary>Writes lines <paramref name="from"/>..<paramref name="to"/>, all of which share the columns of <paramref name="widths"/>.</summary>
    private void Block(StringBuilder output, int from, int to, List<int> widths)
    {
        var column = widths.Count;
        for (var line = from; line < to;)
        {
            if (column >= CellCount(line) - 1)
            {
                WriteLine(output, line, widths);
                line++;
                continue;
            }

            var width = _minimumWidth;
            var end = line;
            for (; end < to && column < CellCount(end) - 1; end++)
            {
                width = Math.Max(width, CellWidth(Cell(end, column)) + _padding);
            }

            widths.Add(width);
            Block(output, line, end, widths);
            widths.RemoveAt(column);
            line = end;
        }
    }

    private void WriteLine(StringBuilder output, int line, List<int> widths)
    {
        var count = CellCount(line);
        for (var i = 0; i < count; i++)
        {
            var cell = Cell(line, i);
            output.Append(cell);
            if (i < count - 1)
            {
                output.Append(' ', widths[i] - CellWidth(cell));
            }
        }

        output.Append('\n');
    }

    private static int CellWidth(ReadOnlySpan<char> cell)
    {
        if (Ascii.IsValid(cell))
        {
            return cell.Length;
        }

        var width = 0;
        foreach (var _ in cell.EnumerateRunes())
        {
            width++;
        }

        return width;
    }
}
