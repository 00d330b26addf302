namespace Gantry.Terminal.Tty;

/// <summary>A terminal in raw mode; disposing brings the old mode back.</summary>
public sealed class RawTerminal : IDisposable
{
    private readonly int _fd;
    private byte[]? _saved;

    private RawTerminal(int fd, byte[] saved)
    {
        _fd = fd;
        _saved = saved;
    }

    /// <summary>Sets raw mode; null where <paramref name="fd"/> is no terminal.</summary>
    public static RawTerminal? TryEnter(int fd) => Linux.Tty.IsTerminal(fd) ? new RawTerminal(fd, Linux.Tty.MakeRaw(fd)) : null;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _saved, null) is { } saved)
        {
            Linux.Tty.Restore(_fd, saved);
        }
    }
}
