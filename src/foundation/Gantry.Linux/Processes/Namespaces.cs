using System.Runtime.InteropServices;

namespace Gantry.Linux;

[Flags]
public enum NamespaceKind
{
    /// <summary>Not a namespace: root, working directory and umask, which the mount namespace needs unshared.</summary>
    FileSystemAttributes = 0x200,
    Mount = 0x20000,
    Network = 0x40000000,
}

/// <summary>Moving the calling thread between namespaces (setns(2), unshare(2)).</summary>
public static partial class Namespaces
{
    /// <summary>Moves the calling thread, and only it, into new namespaces.</summary>
    public static void Unshare(NamespaceKind kinds)
    {
        if (UnshareNative((int)kinds) < 0)
        {
            throw LinuxException.FromLastError("unshare");
        }
    }

    /// <summary>Moves the calling thread, and only it, into the namespace an open nsfs file names.</summary>
    public static void Enter(int fd, NamespaceKind kind)
    {
        if (SetnsNative(fd, (int)kind) < 0)
        {
            throw LinuxException.FromLastError("setns");
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int UnshareNative(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetnsNative(int fd, int type);
}
