using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux;

/// <summary>
/// Makes user namespaces. unshare(2) refuses that to a process with several threads, so a child is made for a moment that does nothing but wait:
/// clone(3) starts it right in libc's pause(), and no managed code ever runs in it.
/// </summary>
public static unsafe partial class UserNamespace
{
    private const int CloneFiles = 0x400;
    private const int CloneNewUser = 0x10000000;
    private const int CloneNewNet = 0x40000000;
    private const int StackSize = 64 * 1024;
    private const int WaitAll = 0x40000000;

    /// <summary>A new user namespace with these maps and a new network namespace that belongs to it. The caller disposes both.</summary>
    /// <exception cref="LinuxException"/>
    public static (SafeFileHandle User, SafeFileHandle Network) CreateWithNetwork(IdMaps maps)
    {
        ArgumentNullException.ThrowIfNull(maps);
        var pid = StartWaiter(CloneNewUser | CloneNewNet);
        SafeFileHandle? user = null;
        try
        {
            WriteMap($"/proc/{pid}/uid_map", maps.Users);
            WriteMap($"/proc/{pid}/gid_map", maps.Groups);
            user = OpenNamespace($"/proc/{pid}/ns/user");
            return (user, OpenNamespace($"/proc/{pid}/ns/net"));
        }
        catch
        {
            user?.Dispose();
            throw;
        }
        finally
        {
            End(pid);
        }
    }

    /// <summary>The child shares the table of descriptors instead of holding copies of them, and has a copy of the memory, of which it uses the stack only.</summary>
    private static int StartWaiter(int namespaces)
    {
        var pause = NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "pause");
        var stack = (byte*)NativeMemory.AlignedAlloc(StackSize, 4096);
        try
        {
            var pid = CloneNative(pause, stack + StackSize, namespaces | CloneFiles, 0);
            return pid >= 0 ? pid : throw LinuxException.FromLastError("clone", "user namespace");
        }
        finally
        {
            NativeMemory.AlignedFree(stack);
        }
    }

    private static void WriteMap(string path, IdMap map)
    {
        // The kernel takes a map in one write only.
        var fd = FileAt.Open(FileAt.CurrentDirectory, path, OpenAtFlags.WriteOnly);
        try
        {
            FileData.WriteAll(fd, System.Text.Encoding.ASCII.GetBytes(map.ToString()));
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private static SafeFileHandle OpenNamespace(string path) => new(FileAt.Open(FileAt.CurrentDirectory, path, default), ownsHandle: true);

    /// <summary>It sends no SIGCHLD when it ends, so nobody else waits for it.</summary>
    private static void End(int pid)
    {
        _ = KillNative(pid, Signals.SIGKILL);
        while (WaitNative(pid, null, WaitAll) < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "clone", SetLastError = true)]
    private static partial int CloneNative(nint function, byte* stack, int flags, nint argument);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillNative(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitNative(int pid, int* status, int options);
}
