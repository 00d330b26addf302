using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux;

/// <summary>
/// A child whose stdin, stdout and stderr are pipes of ours: helpers such as ssh and credential stores. Disposing it closes the pipes, kills
/// the child if it still runs, and reaps it.
/// </summary>
public sealed class PipedProcess : IDisposable
{
    private readonly int _pid;
    private readonly bool _hasSession;
    private readonly Lock _reapLock = new();
    private int? _exitCode;
    private int _isReaped;

    private PipedProcess(int pid, bool hasSession, int input, int output, int error)
    {
        _pid = pid;
        _hasSession = hasSession;
        StandardInput = Stream(input, FileAccess.Write);
        StandardOutput = Stream(output, FileAccess.Read);
        StandardError = Stream(error, FileAccess.Read);
    }

    public FileStream StandardInput { get; }

    public FileStream StandardOutput { get; }

    public FileStream StandardError { get; }

    /// <summary>Starts <paramref name="program"/>, looked up in PATH where it has no slash.</summary>
    /// <param name="arguments">Without argv[0].</param>
    /// <param name="environment">The whole environment, <c>NAME=value</c>; null for our own.</param>
    /// <param name="newSession">A session of its own, without a terminal; <see cref="Kill"/> then ends what it has started too.</param>
    /// <exception cref="LinuxException">The program can't be started (ENOENT: it isn't there).</exception>
    public static PipedProcess Start(string program, IReadOnlyList<string> arguments, IReadOnlyList<string>? environment = null, bool newSession = false)
    {
        var path = Find(program) ?? throw new LinuxException("posix_spawn", Linux.Errno.ENOENT, program);
        var input = Pipes.Create();
        var output = Pipes.Create();
        var error = Pipes.Create();
        try
        {
            var pid = ProcessSpawn.Start(new SpawnOptions
            {
                Path = path,
                Arguments = [program, .. arguments],
                Environment = environment ?? DetachedProcess.Environment(),
                NewSession = newSession,
                Stdin = input.Read,
                Stdout = output.Write,
                Stderr = error.Write,
            });
            return new PipedProcess(pid, newSession, input.Write, output.Read, error.Read);
        }
        catch
        {
            RawFiles.Close(input.Write);
            RawFiles.Close(output.Read);
            RawFiles.Close(error.Read);
            throw;
        }
        finally
        {
            RawFiles.Close(input.Read);
            RawFiles.Close(output.Write);
            RawFiles.Close(error.Write);
        }
    }

    /// <summary>Waits for the end on a pool thread.</summary>
    /// <returns>The exit code, or 128 plus the signal that ended it.</returns>
    public Task<int> WaitAsync(CancellationToken cancellationToken) => Task.Run(Reap, cancellationToken);

    /// <summary>Waits for the end; see <see cref="WaitAsync"/>. Holds its thread up, not for long where the output has ended.</summary>
    public int Wait() => Reap();

    public void Dispose()
    {
        StandardInput.Dispose();
        StandardOutput.Dispose();
        StandardError.Dispose();
        Kill();
        Reap();
    }

    /// <summary>SIGKILL, unless it was waited for.</summary>
    public void Kill()
    {
        // While somebody waits for it the number is still its own: nobody else has reaped it.
        if (Volatile.Read(ref _isReaped) == 0)
        {
            Signals.TrySend(_hasSession ? -_pid : _pid, Signals.SIGKILL);
        }
    }

    /// <summary>A program's path as execvp(3) finds it; null where it isn't there.</summary>
    public static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(program) ? program : null;
        }

        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(candidate => File.Exists(candidate) && (File.GetUnixFileMode(candidate) & Executable) != 0);
    }

    private static FileStream Stream(int fd, FileAccess access) => new(new SafeFileHandle(fd, ownsHandle: true), access, 0);

    private int Reap()
    {
        lock (_reapLock)
        {
            if (_exitCode is null)
            {
                _exitCode = ChildProcesses.Wait(_pid) is { } status ? ChildProcesses.ExitCode(status) : 0;
                Volatile.Write(ref _isReaped, 1);
            }

            return _exitCode.Value;
        }
    }
}
