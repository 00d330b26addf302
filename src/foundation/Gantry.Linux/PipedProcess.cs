using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux;

/// <summary>
/// A child whose stdin, stdout and stderr are pipes of ours (posix_spawn(3)): helpers such as ssh and credential stores. Disposing it closes
/// the pipes, kills the child if it still runs, and reaps it.
/// </summary>
public sealed unsafe partial class PipedProcess : IDisposable
{
    private const int O_CLOEXEC = 0x80000;
    private const int SIGKILL = 9;
    private const int OpaqueSize = 512;

    private readonly int _pid;
    private readonly Lock _reapLock = new();
    private int? _exitCode;

    private PipedProcess(int pid, SafeFileHandle input, SafeFileHandle output, SafeFileHandle error)
    {
        _pid = pid;
        StandardInput = new FileStream(input, FileAccess.Write, 0);
        StandardOutput = new FileStream(output, FileAccess.Read, 0);
        StandardError = new FileStream(error, FileAccess.Read, 0);
    }

    public FileStream StandardInput { get; }

    public FileStream StandardOutput { get; }

    public FileStream StandardError { get; }

    /// <summary>Starts <paramref name="program"/>, looked up in PATH where it has no slash.</summary>
    /// <param name="arguments">Without argv[0].</param>
    /// <exception cref="LinuxException">The program can't be started (ENOENT: it isn't there).</exception>
    public static PipedProcess Start(string program, IReadOnlyList<string> arguments)
    {
        var (childIn, ourIn) = Pipe();
        var (ourOut, childOut) = Pipe();
        var (ourErr, childErr) = Pipe();
        using (childIn)
        using (childOut)
        using (childErr)
        {
            var pid = Spawn(program, arguments, childIn, childOut, childErr);
            return new PipedProcess(pid, ourIn, ourOut, ourErr);
        }
    }

    /// <summary>Waits for the end on a pool thread.</summary>
    /// <returns>The exit code, or 128 plus the signal that ended it.</returns>
    public Task<int> WaitAsync(CancellationToken cancellationToken) => Task.Run(Reap, cancellationToken);

    public void Dispose()
    {
        StandardInput.Dispose();
        StandardOutput.Dispose();
        StandardError.Dispose();
        lock (_reapLock)
        {
            if (_exitCode is null)
            {
                _ = kill(_pid, SIGKILL);
            }
        }

        Reap();
    }

    private int Reap()
    {
        lock (_reapLock)
        {
            if (_exitCode is { } known)
            {
                return known;
            }

            int status;
            while (waitpid(_pid, out status, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Linux.Errno.EINTR)
                {
                    throw LinuxException.FromLastError("waitpid");
                }
            }

            var signal = status & 0x7f;
            _exitCode = signal == 0 ? (status >> 8) & 0xff : 128 + signal;
            return _exitCode.Value;
        }
    }

    private static int Spawn(string program, IReadOnlyList<string> arguments, SafeFileHandle input, SafeFileHandle output, SafeFileHandle error)
    {
        var actions = stackalloc byte[OpaqueSize];
        Check("posix_spawn_file_actions_init", posix_spawn_file_actions_init(actions));
        try
        {
            Duplicate(actions, input, 0);
            Duplicate(actions, output, 1);
            Duplicate(actions, error, 2);
            using var argv = new ArgumentVector([program, .. arguments]);
            using var envp = new ArgumentVector(ArgumentVector.Environment());
            Check("posix_spawn", posix_spawnp(out var pid, program, actions, null, argv.Pointer, envp.Pointer), program);
            return pid;
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
        }
    }

    private static void Duplicate(byte* actions, SafeFileHandle handle, int target) =>
        Check("posix_spawn_file_actions_adddup2", posix_spawn_file_actions_adddup2(actions, (int)handle.DangerousGetHandle(), target));

    private static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var fds = stackalloc int[2];
        return pipe2(fds, O_CLOEXEC) == 0
            ? (new SafeFileHandle(fds[0], true), new SafeFileHandle(fds[1], true))
            : throw LinuxException.FromLastError("pipe2");
    }

    private static void Check(string call, int error, string? subject = null)
    {
        if (error != 0)
        {
            throw new LinuxException(call, error, subject);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* fds, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawnp(out int pid, string path, byte* actions, byte* attributes, byte** argv, byte** envp);
}
