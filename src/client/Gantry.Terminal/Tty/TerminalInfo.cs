namespace Gantry.Terminal.Tty;

/// <summary>What stdin, stdout and stderr are.</summary>
public static class TerminalInfo
{
    public const int StandardInput = 0;
    public const int StandardOutput = 1;
    public const int StandardError = 2;

    private const int DefaultWidth = 80;

    public static bool IsTerminal(int fd) => Linux.Tty.IsTerminal(fd);

    /// <summary>Columns of the terminal at <paramref name="fd"/>, or 80.</summary>
    public static int Width(int fd) => Linux.Tty.GetSize(fd) is { Columns: > 0 } size ? size.Columns : DefaultWidth;

    /// <summary>Rows and columns, or null where it is no terminal or does not know.</summary>
    public static (int Rows, int Columns)? Size(int fd) =>
        Linux.Tty.GetSize(fd) is { Rows: > 0, Columns: > 0 } size ? (size.Rows, size.Columns) : null;
}
