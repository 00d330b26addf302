using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Starts a program that outlives us: in a session of its own, with nothing of our stdio (posix_spawn(3)), or in our place (execve(2)).</summary>
public static unsafe partial class DetachedProcess
{
    private const short POSIX_SPAWN_SETSID = 0x80;
    private const int O_RDONLY = 0;
    private const int O_WRONLY = 1;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;
    private const uint LogMode = 0x1a4; // 0644

    /// <summary>posix_spawnattr_t and posix_spawn_file_actions_t are at most 336 bytes on glibc and musl.</summary>
    private const int OpaqueSize = 512;

    /// <summary>Starts <paramref name="path"/> with our environment, stdin from /dev/null, stdout and stderr appended to <paramref name="logPath"/>.</summary>
    /// <param name="arguments">Without argv[0].</param>
    /// <returns>The process id; the caller need not wait for it, init does once we are gone.</returns>
    /// <exception cref="LinuxException">The program can't be started.</exception>
    public static int Start(string path, IReadOnlyList<string> arguments, string logPath)
    {
        var attributes = stackalloc byte[OpaqueSize];
        var actions = stackalloc byte[OpaqueSize];
        Check("posix_spawnattr_init", posix_spawnattr_init(attributes));
        Check("posix_spawn_file_actions_init", posix_spawn_file_actions_init(actions));
        try
        {
            Check("posix_spawnattr_setflags", posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID));
            Check("posix_spawn_file_actions_addopen", posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0));
            Check("posix_spawn_file_actions_addopen", posix_spawn_file_actions_addopen(actions, 1, logPath, O_WRONLY | O_CREAT | O_APPEND, LogMode));
            Check("posix_spawn_file_actions_adddup2", posix_spawn_file_actions_adddup2(actions, 1, 2));
            using var argv = new ArgumentVector([path, .. arguments]);
            using var envp = new ArgumentVector(ArgumentVector.Environment());
            Check("posix_spawn", posix_spawn(out var pid, path, actions, attributes, argv.Pointer, envp.Pointer), path);
            return pid;
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Becomes <paramref name="path"/>; returns only by throwing.</summary>
    /// <exception cref="LinuxException">The program can't be executed.</exception>
    public static void Become(string path, IReadOnlyList<string> arguments)
    {
        using var argv = new ArgumentVector([path, .. arguments]);
        using var envp = new ArgumentVector(ArgumentVector.Environment());
        _ = execve(path, argv.Pointer, envp.Pointer);
        throw LinuxException.FromLastError("execve", path);
    }

    private static void Check(string call, int error, string? subject = null)
    {
        if (error != 0)
        {
            throw new LinuxException(call, error, subject);
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execve(string path, byte** argv, byte** envp);
}
