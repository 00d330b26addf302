using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>
/// A handle on a network namespace (network_namespaces(7)). The namespace lives as long as a process, socket, mount or such a handle holds it.
/// </summary>
public sealed unsafe partial class NetworkNamespace : IDisposable
{
    internal const int CloneNewNet = 0x40000000;
    private const ulong MountBind = 0x1000;
    private const int UnmountDetach = 2;
    private const int OpenCloseOnExec = 0x80000;
    private const long NamespaceFileSystem = 0x6e736673;

    private NetworkNamespace(SafeFileHandle handle) => Handle = handle;

    public SafeFileHandle Handle { get; }

    /// <summary>Opens the namespace mounted at a path, or that of <c>/proc/PID/ns/net</c>.</summary>
    public static NetworkNamespace Open(string path)
    {
        var handle = Native.open(path, OpenCloseOnExec);
        return handle.IsInvalid ? throw LinuxException.FromLastError("open", path) : new NetworkNamespace(handle);
    }

    /// <summary>Takes over the handle of a namespace.</summary>
    public static NetworkNamespace Of(SafeFileHandle handle) => new(handle);

    /// <summary>The namespace of the calling thread.</summary>
    public static NetworkNamespace OfThread() => Open("/proc/thread-self/ns/net");

    /// <summary>The namespace at a path, or null when the path is missing or no namespace is mounted there.</summary>
    public static NetworkNamespace? TryOpenMounted(string path)
    {
        var handle = Native.open(path, OpenCloseOnExec);
        if (!handle.IsInvalid && IsNamespace(handle))
        {
            return new NetworkNamespace(handle);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Mounts the namespace at a path, which is created, so that an OCI runtime can be given it.</summary>
    public void MountAt(string path)
    {
        using (File.Create(path))
        {
        }

        var source = $"/proc/self/fd/{Handle.DangerousGetHandle()}";
        if (Native.mount(source, path, null, MountBind, null) < 0)
        {
            var failure = LinuxException.FromLastError("mount", path);
            File.Delete(path);
            throw failure;
        }
    }

    /// <summary>Unmounts what is at a path and removes the path; not an error when there is nothing.</summary>
    public static void Unmount(string path)
    {
        while (Native.umount2(path, UnmountDetach) == 0)
        {
        }

        File.Delete(path);
    }

    public void Dispose() => Handle.Dispose();

    internal void Enter()
    {
        if (Native.setns(Handle, CloneNewNet) < 0)
        {
            throw LinuxException.FromLastError("setns");
        }
    }

    /// <summary>Puts the calling thread into a new, empty namespace.</summary>
    internal static NetworkNamespace EnterNew()
    {
        if (Native.unshare(CloneNewNet) < 0)
        {
            throw LinuxException.FromLastError("unshare", "network namespace");
        }

        return OfThread();
    }

    private static bool IsNamespace(SafeFileHandle handle)
    {
        var buffer = stackalloc long[32];
        return Native.fstatfs(handle, buffer) == 0 && buffer[0] == NamespaceFileSystem;
    }

    private static partial class Native
    {
        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial SafeFileHandle open(string path, int flags);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial int unshare(int flags);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial int setns(SafeFileHandle fd, int type);

        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int mount(string source, string target, string? type, ulong flags, string? data);

        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int umount2(string target, int flags);

        [LibraryImport("libc", SetLastError = true)]
        internal static partial int fstatfs(SafeFileHandle fd, long* buffer);
    }
}
