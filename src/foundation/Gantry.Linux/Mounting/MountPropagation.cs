using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Peer groups of shared mounts (mount_namespaces(7), move_mount(2)).</summary>
public static unsafe partial class MountPropagation
{
    private const nint MoveMountCall = 429;
    private const nint FromEmptyPath = 0x04;
    private const nint ToEmptyPath = 0x40;
    private const nint SetGroup = 0x100;

    /// <summary>
    /// Makes a private mount a peer of the shared mount that <paramref name="peer"/> is open on, which may be in another namespace. Both must be
    /// of one file system. Returns 0 or the errno (EINVAL before kernel 5.15).
    /// </summary>
    public static int TryJoin(int peer, int mount)
    {
        byte empty = 0;
        return SyscallNative(MoveMountCall, peer, (nint)(&empty), mount, (nint)(&empty), FromEmptyPath | ToEmptyPath | SetGroup) == 0
            ? 0
            : Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallNative(nint number, nint a, nint b, nint c, nint d, nint e);
}
