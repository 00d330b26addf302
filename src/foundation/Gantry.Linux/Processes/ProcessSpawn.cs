using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>What a new process is given. Descriptors stay the caller's.</summary>
public sealed record SpawnOptions
{
    /// <summary>Absolute path of the program.</summary>
    public required string Path { get; init; }

    /// <summary>All arguments, the program's own name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment, <c>NAME=value</c>.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    public required int Stdin { get; init; }

    public required int Stdout { get; init; }

    public required int Stderr { get; init; }

    /// <summary>Start a session of its own.</summary>
    public bool NewSession { get; init; }

    /// <summary>Start in a process group of its own.</summary>
    public bool NewProcessGroup { get; init; }

    /// <summary>A terminal that the new process group is to own before the program starts.</summary>
    public int? ForegroundTerminal { get; init; }

    /// <summary>Start with SIGCHLD blocked (for a program that reads it from a <see cref="SignalFd"/>); otherwise no signal is blocked.</summary>
    public bool BlockChildSignal { get; init; }
}

/// <summary>
/// posix_spawn(3): starts a program without copying this process's memory. The child has default signal handlers, three standard
/// descriptors and nothing else that is close-on-exec.
/// </summary>
public static unsafe partial class ProcessSpawn
{
    // glibc: posix_spawnattr_t is 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128; musl's are no larger.
    private const int AttributesSize = 512;
    private const int ActionsSize = 256;
    private const int SignalSetSize = 128;
    private const short SetProcessGroup = 0x02;
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const short SetSession = 0x80;

    /// <summary>Starts a program; returns its pid. The caller must reap it.</summary>
    public static int Start(SpawnOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var arguments = new NativeStrings(options.Arguments);
        using var environment = new NativeStrings(options.Environment);
        var attributes = stackalloc byte[AttributesSize];
        var actions = stackalloc byte[ActionsSize];
        Check(AttrInit(attributes), "posix_spawnattr_init");
        Check(ActionsInit(actions), "posix_spawn_file_actions_init");
        try
        {
            SetAttributes(attributes, options);
            if (options.ForegroundTerminal is { } terminal)
            {
                Check(AddForeground(actions, terminal), "posix_spawn_file_actions_addtcsetpgrp_np");
            }

            Check(AddDup2(actions, options.Stdin, 0), "posix_spawn_file_actions_adddup2");
            Check(AddDup2(actions, options.Stdout, 1), "posix_spawn_file_actions_adddup2");
            Check(AddDup2(actions, options.Stderr, 2), "posix_spawn_file_actions_adddup2");
            int pid;
            var error = SpawnNative(&pid, options.Path, actions, attributes, arguments.Pointer, environment.Pointer);
            return error == 0 ? pid : throw new LinuxException("posix_spawn", error, options.Path);
        }
        finally
        {
            _ = ActionsDestroy(actions);
            _ = AttrDestroy(attributes);
        }
    }

    private static void SetAttributes(byte* attributes, SpawnOptions options)
    {
        var set = stackalloc byte[SignalSetSize];
        new Span<byte>(set, SignalSetSize).Clear();
        if (options.BlockChildSignal)
        {
            SignalFd.AddToSet(set, Signals.SIGCHLD);
        }

        Check(AttrSetMask(attributes, set), "posix_spawnattr_setsigmask");
        new Span<byte>(set, SignalSetSize).Clear();
        for (var signal = 1; signal <= 31; signal++)
        {
            if (signal is not (Signals.SIGKILL or Signals.SIGSTOP))
            {
                SignalFd.AddToSet(set, signal);
            }
        }

        Check(AttrSetDefault(attributes, set), "posix_spawnattr_setsigdefault");
        var flags = (short)(SetSignalDefaults | SetSignalMask | (options.NewSession ? SetSession : 0)
            | (options.NewProcessGroup ? SetProcessGroup : 0));
        Check(AttrSetFlags(attributes, flags), "posix_spawnattr_setflags");
    }

    private static void Check(int error, string call)
    {
        if (error != 0)
        {
            throw new LinuxException(call, error);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SpawnNative(int* pid, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttrInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttrDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int AttrSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int AttrSetMask(byte* attributes, byte* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int AttrSetDefault(byte* attributes, byte* set);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDup2(byte* actions, int fd, int newFd);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addtcsetpgrp_np")]
    private static partial int AddForeground(byte* actions, int fd);
}
