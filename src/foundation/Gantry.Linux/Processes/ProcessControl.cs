using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>What a process sets for itself (prctl(2), setsid(2), execve(2)).</summary>
public static unsafe partial class ProcessControl
{
    private const int SetChildSubreaper = 36;

    /// <summary>Makes this process the parent of orphaned descendants.</summary>
    public static void BecomeSubreaper()
    {
        if (PrctlNative(SetChildSubreaper, 1, 0, 0, 0) < 0)
        {
            throw LinuxException.FromLastError("prctl(PR_SET_CHILD_SUBREAPER)");
        }
    }

    /// <summary>Replaces this process's program; returns only by throwing.</summary>
    public static void Execute(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(environment);
        _ = ExecveNative(path, argv.Pointer, envp.Pointer);
        throw LinuxException.FromLastError("execve", path);
    }

    /// <summary>Ends the process at once, running nothing.</summary>
    public static void ExitNow(int code) => ExitNative(code);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int PrctlNative(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ExecveNative(string path, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNative(int code);
}
