using System.Text;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>What the engine asked to be run, apart from the record.</summary>
internal sealed class LaunchRequest
{
    public required uint RequestId { get; init; }

    public required ProcessRecord Record { get; init; }

    public List<string> Arguments { get; } = [];

    /// <summary>Added to the monitor's own environment for the runtime.</summary>
    public List<string> Environment { get; } = [];

    public string PidFile { get; set; } = "";

    public string RuntimeLog { get; set; } = "";

    public int Rows { get; set; }

    public int Columns { get; set; }

    /// <summary>Attachments that are there from the start: id, flags, socket.</summary>
    public List<(uint Id, AttachFlags Flags, int Fd)> Attachments { get; } = [];
}

/// <summary>
/// A start on its way: run files made, runtime spawned, its end awaited. The process's own descriptors are opened read-write on the
/// FIFOs, so it gets neither SIGPIPE nor a full stop when nobody else has them open.
/// </summary>
internal sealed class Launch
{
    /// <summary>Stands for the console socket's path in the runtime's arguments.</summary>
    public const string ConsolePlaceholder = "{console}";

    private const int FifoMode = 0x180;
    private const int FifoCapacity = 256 * 1024;
    private const int DirectoryMode = 0x1C0;
    private const int MaxErrorText = 16 * 1024;

    private int _directory = -1;
    private int _console = -1;

    private Launch(LaunchRequest request) => Request = request;

    public LaunchRequest Request { get; }

    public ProcessRecord Record => Request.Record;

    public int RuntimePid { get; private set; }

    /// <summary>Orders launches and orphaned exits in time.</summary>
    public required long Sequence { get; init; }

    /// <summary>The monitor's ends, -1 where there is none.</summary>
    public int Stdin { get; private set; } = -1;

    public int Stdout { get; private set; } = -1;

    public int Stderr { get; private set; } = -1;

    public int Terminal { get; private set; } = -1;

    /// <summary>Makes the run files and spawns the runtime.</summary>
    public static Launch Begin(LaunchRequest request, long sequence, SealedPrograms programs, IReadOnlyList<string> environment, int nullDevice)
    {
        var launch = new Launch(request) { Sequence = sequence };
        try
        {
            RawFiles.MakeDirectory(launch.Record.Directory, DirectoryMode);
            Span<int> theirs = [nullDevice, nullDevice, nullDevice];
            try
            {
                launch.OpenStdio(theirs);
                launch.Spawn(theirs, programs, environment);
            }
            finally
            {
                foreach (var fd in theirs)
                {
                    if (fd != nullDevice)
                    {
                        RawFiles.Close(fd);
                    }
                }
            }

            return launch;
        }
        catch
        {
            launch.Abandon();
            throw;
        }
    }

    /// <summary>After the runtime's success: the pid it wrote, and the terminal it sent. Throws when either is missing.</summary>
    public int Complete()
    {
        if (Record.Has(ProcessFlags.Tty))
        {
            Terminal = ReceiveTerminal();
            if (Request.Rows > 0 && Request.Columns > 0)
            {
                _ = Ptys.TrySetSize(Terminal, Request.Rows, Request.Columns);
            }
        }

        CloseConsole();
        Span<byte> buffer = stackalloc byte[32];
        var n = RawFiles.TryReadFile(Request.PidFile, buffer);
        return n > 0 && int.TryParse(buffer[..n].Trim((byte)'\n'), out var pid) && pid > 1
            ? pid
            : throw new LinuxException("read", Errno.ENODATA, Request.PidFile);
    }

    /// <summary>What the runtime said about its failure: its log, else what it wrote to the process's stderr.</summary>
    public string ErrorText()
    {
        var buffer = new byte[MaxErrorText];
        var n = RawFiles.TryReadFile(Request.RuntimeLog, buffer);
        if (n <= 0 && Stderr >= 0)
        {
            n = RawFiles.TryRead(Stderr, buffer);
        }

        return n > 0 ? Encoding.UTF8.GetString(buffer, 0, n) : "";
    }

    /// <summary>Gives everything up; the run directory is removed by the engine.</summary>
    public void Abandon()
    {
        CloseConsole();
        foreach (var fd in (ReadOnlySpan<int>)[Stdin, Stdout, Stderr, Terminal])
        {
            RawFiles.Close(fd);
        }

        foreach (var (_, _, fd) in Request.Attachments)
        {
            RawFiles.Close(fd);
        }

        Request.Attachments.Clear();
    }

    private void OpenStdio(Span<int> theirs)
    {
        if (Record.Has(ProcessFlags.Tty))
        {
            _directory = RawFiles.Open(Record.Directory, OpenFlags.ReadOnly);
            _console = UnixSockets.Listen(UnixSockets.ShortPath(_directory, RunFiles.Console), UnixSocketType.Stream);
            return;
        }

        if (Record.Has(ProcessFlags.OpenStdin))
        {
            (theirs[0], Stdin) = OpenInput();
        }

        if (Record.Has(ProcessFlags.OpenOutput))
        {
            (Stdout, theirs[1]) = OpenOutput(1);
            (Stderr, theirs[2]) = OpenOutput(2);
        }
    }

    private (int Theirs, int Ours) OpenInput()
    {
        // The process must see the end of its input when we close ours, so it alone gets a descriptor that only reads.
        var path = RunFiles.Fifo(Record.Directory, 0);
        Pipes.MakeFifo(path, FifoMode);
        var both = RawFiles.Open(path, OpenFlags.ReadWrite | OpenFlags.NonBlocking);
        try
        {
            var ours = RawFiles.Open(path, OpenFlags.WriteOnly | OpenFlags.NonBlocking);
            return (RawFiles.Open(path, OpenFlags.ReadOnly), ours);
        }
        finally
        {
            RawFiles.Close(both);
        }
    }

    private (int Ours, int Theirs) OpenOutput(int stream)
    {
        var path = RunFiles.Fifo(Record.Directory, stream);
        Pipes.MakeFifo(path, FifoMode);
        var ours = RawFiles.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        _ = Pipes.TrySetCapacity(ours, FifoCapacity);
        return (ours, RawFiles.Open(path, OpenFlags.ReadWrite));
    }

    private void Spawn(ReadOnlySpan<int> stdio, SealedPrograms programs, IReadOnlyList<string> environment)
    {
        if (_console >= 0)
        {
            var path = UnixSockets.ShortPath(_directory, RunFiles.Console);
            for (var i = 0; i < Request.Arguments.Count; i++)
            {
                Request.Arguments[i] = Request.Arguments[i].Replace(ConsolePlaceholder, path, StringComparison.Ordinal);
            }
        }

        RuntimePid = RuntimeSpawn.Start(new SpawnOptions
        {
            Path = programs.Resolve(Request.Arguments[0]),
            Arguments = Request.Arguments,
            Environment = [.. environment, .. Request.Environment],
            Stdin = stdio[0],
            Stdout = stdio[1],
            Stderr = stdio[2],
        });
    }

    private int ReceiveTerminal()
    {
        var connection = UnixSockets.TryAccept(_console, nonBlocking: true);
        if (connection < 0)
        {
            throw new LinuxException("accept", -connection, "console socket");
        }

        try
        {
            Span<byte> name = stackalloc byte[4096];
            Span<int> descriptors = stackalloc int[1];
            var n = UnixSockets.TryReceive(connection, name, descriptors, out var count);
            return count == 1 ? descriptors[0] : throw new LinuxException("recvmsg", n < 0 ? -n : Errno.ENODATA, "console socket");
        }
        finally
        {
            RawFiles.Close(connection);
        }
    }

    private void CloseConsole()
    {
        if (_console >= 0)
        {
            RawFiles.Close(_console);
            RawFiles.Close(_directory);
            RawFiles.Unlink($"{Record.Directory}/{RunFiles.Console}");
            _console = _directory = -1;
        }
    }
}
