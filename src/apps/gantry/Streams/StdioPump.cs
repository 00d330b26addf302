using System.Runtime.InteropServices;
using System.Threading.Channels;
using Gantry.Client;
using Gantry.Client.Streams;
using Gantry.Linux;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Streams;

/// <summary>How a connection to a process's stdio ended.</summary>
internal enum PumpEnd
{
    /// <summary>The process's output is complete.</summary>
    Finished,

    /// <summary>The user typed the detach sequence.</summary>
    Detached,
}

/// <summary>
/// Copies between our stdio and an attached process: what is typed or piped to it, its output to us. The end of our stdin closes only that
/// direction.
/// </summary>
internal sealed class StdioPump(Cli cli, AttachedStream attached, PumpOptions options)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until the output ends or the user detaches; the terminal is as before afterwards.</summary>
    /// <exception cref="Errors.GantryException">The connection broke or carried an error of the engine.</exception>
    public async Task<PumpEnd> RunAsync(CancellationToken cancellationToken)
    {
        cli.Out.Flush();
        using var raw = options.Terminal && options.Stdin ? RawTerminal.TryEnter(TerminalInfo.StandardInput) : null;
        using var restore = raw is null ? null : new RestoreOnSignal(raw);
        var output = CopyOutputAsync(cancellationToken);
        var input = options.Stdin ? StartInput(cancellationToken) : Task.FromResult(PumpEnd.Finished);
        if (await Task.WhenAny(output, input) == input && await input == PumpEnd.Detached)
        {
            return PumpEnd.Detached;
        }

        await output;
        return PumpEnd.Finished;
    }

    /// <summary>Without input, output is all there is to wait for: blocking spares the threads of asynchronous sockets.</summary>
    private void WaitForOutput()
    {
        if (!options.Stdin)
        {
            attached.Stream.WaitReadable(s_patience);
        }
    }

    private async Task CopyOutputAsync(CancellationToken cancellationToken)
    {
        var stream = attached.Stream;
        if (attached.IsMultiplexed ?? !options.Terminal)
        {
            await FrameReader.CopyAsync(stream, new ConsoleSink(cli), WaitForOutput, cancellationToken);
            return;
        }

        var buffer = new byte[32 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            cli.Out.WriteBytes(buffer.AsSpan(0, read));
        }
    }

    /// <summary>Reading a terminal or pipe blocks and can't be called off: a thread of its own does it and dies with the process.</summary>
    private Task<PumpEnd> StartInput(CancellationToken cancellationToken)
    {
        var chunks = Channel.CreateBounded<byte[]>(4);
        new Thread(() => ReadInput(chunks.Writer)) { IsBackground = true, Name = "stdin" }.Start();
        return SendInputAsync(chunks.Reader, cancellationToken);
    }

    private static void ReadInput(ChannelWriter<byte[]> chunks)
    {
        var buffer = new byte[32 * 1024];
        while (RawFiles.TryRead(TerminalInfo.StandardInput, buffer) is var read and > 0)
        {
            chunks.WriteAsync(buffer[..read]).AsTask().Wait();
        }

        chunks.Complete();
    }

    private async Task<PumpEnd> SendInputAsync(ChannelReader<byte[]> chunks, CancellationToken cancellationToken)
    {
        var filter = new DetachFilter(options.Terminal ? options.DetachKeys : []);
        try
        {
            await foreach (var chunk in chunks.ReadAllAsync(cancellationToken))
            {
                var passed = new byte[chunk.Length + options.DetachKeys.Length];
                var (length, detached) = filter.Process(chunk, passed);
                await attached.Stream.WriteAsync(passed.AsMemory(0, length), cancellationToken);
                if (detached)
                {
                    return PumpEnd.Detached;
                }
            }

            await attached.Stream.WriteAsync(filter.Flush(), cancellationToken);
            await attached.Stream.CloseWriteAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The process no longer reads; its output tells how it ended.
            _ = e;
        }

        return PumpEnd.Finished;
    }
}

/// <summary>Brings the terminal back before a signal ends us.</summary>
internal sealed class RestoreOnSignal : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public RestoreOnSignal(RawTerminal terminal)
    {
        _registrations =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, _ => terminal.Dispose())),
        ];
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}

/// <param name="Terminal">Whether the process has a terminal.</param>
/// <param name="DetachKeys">Bytes of the detach sequence.</param>
internal sealed record PumpOptions(bool Terminal, bool Stdin, byte[] DetachKeys);
