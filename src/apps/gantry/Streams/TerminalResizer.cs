using System.Runtime.InteropServices;
using Gantry.Errors;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Streams;

/// <summary>Keeps a process's terminal as large as ours.</summary>
internal sealed class TerminalResizer : IDisposable
{
    private const int FirstTries = 10;
    private static readonly TimeSpan s_firstTryEvery = TimeSpan.FromMilliseconds(10);

    private readonly Func<int, int, CancellationToken, Task> _resize;
    private readonly CancellationToken _cancellationToken;
    private readonly PosixSignalRegistration _registration;

    /// <param name="resize">Tells the engine rows and columns.</param>
    public TerminalResizer(Func<int, int, CancellationToken, Task> resize, CancellationToken cancellationToken)
    {
        _resize = resize;
        _cancellationToken = cancellationToken;
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, context => TryResizeAsync());
        _ = FirstAsync();
    }

    public void Dispose() => _registration.Dispose();

    /// <summary>The process may not be there yet when the first size is told.</summary>
    private async Task FirstAsync()
    {
        for (var i = 1; i <= FirstTries && !await TryResizeAsync(); i++)
        {
            await Task.Delay(s_firstTryEvery * i, _cancellationToken);
        }
    }

    private async Task<bool> TryResizeAsync()
    {
        if (TerminalInfo.Size(TerminalInfo.StandardOutput) is not var (rows, columns))
        {
            return true;
        }

        try
        {
            await _resize(rows, columns, _cancellationToken);
            return true;
        }
        catch (Exception e) when (e is GantryException or IOException or System.Net.Sockets.SocketException)
        {
            // A size that can't be set is no reason to end a session; the next change tries again.
            return false;
        }
    }
}
