namespace Gantry.Dockerfile.Syntax;

/// <summary>The physical lines of a file with their number. A line longer than Docker's limit is refused.</summary>
internal sealed class LineReader(string text)
{
    internal const int MaxLineLength = 65535;
    private int _position = text.StartsWith('\uFEFF') ? 1 : 0;

    /// <summary>Number of the line last read, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>The next line without its line end, or null at the end of the file.</summary>
    public string? Next() => NextRaw()?.TrimEnd('\r', '\n');

    /// <summary>The next line with its line end.</summary>
    public string? NextRaw()
    {
        if (_position >= text.Length)
        {
            return null;
        }

        var end = text.IndexOf('\n', _position) is var at and >= 0 ? at + 1 : text.Length;
        if (end - _position > MaxLineLength)
        {
            throw new SyntaxException($"dockerfile line greater than max allowed size of {MaxLineLength}");
        }

        var line = text[_position..end];
        _position = end;
        Number++;
        return line;
    }
}
