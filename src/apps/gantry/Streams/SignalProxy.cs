using System.Runtime.InteropServices;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Streams;

/// <summary>Passes the signals we get on to the container. The third SIGINT or SIGTERM ends us all the same.</summary>
internal sealed class SignalProxy : IDisposable
{
    private const int GiveUpAfter = 3;

    private static readonly (int Number, string Name)[] s_signals =
    [
        (1, "HUP"), (2, "INT"), (3, "QUIT"), (10, "USR1"), (12, "USR2"), (14, "ALRM"), (15, "TERM"), (18, "CONT"), (20, "TSTP"), (21, "TTIN"), (22, "TTOU"),
        (28, "WINCH"),
    ];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Cli _cli;
    private readonly Func<string, CancellationToken, Task> _kill;
    private readonly CancellationToken _cancellationToken;
    private int _interrupts;

    /// <param name="kill">Sends a signal, by name, to the container.</param>
    public SignalProxy(Cli cli, Func<string, CancellationToken, Task> kill, CancellationToken cancellationToken)
    {
        _cli = cli;
        _kill = kill;
        _cancellationToken = cancellationToken;
        foreach (var (number, name) in s_signals)
        {
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)number, context => Handle(context, number, name)));
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Handle(PosixSignalContext context, int number, string name)
    {
        context.Cancel = true;
        if (number is 2 or 15 && Interlocked.Increment(ref _interrupts) >= GiveUpAfter)
        {
            _cli.Error.WriteLine($"\ngot {GiveUpAfter} SIGTERM/SIGINTs, forcefully exiting");
            _cli.Error.Flush();
            Environment.Exit(1);
        }

        _ = ForwardAsync(name);
    }

    private async Task ForwardAsync(string name)
    {
        try
        {
            await _kill(name, _cancellationToken);
        }
        catch (Exception e) when (e is GantryException or IOException or System.Net.Sockets.SocketException)
        {
            // The container may have ended in the meantime, which the wait tells.
            if (_cli.Globals.Debug)
            {
                _cli.Error.WriteLine($"Error sending signal: {e.Message}");
                _cli.Error.Flush();
            }
        }
    }
}
