using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Resource limits of this process (getrlimit(2)); its children inherit them.</summary>
public static unsafe partial class ResourceLimits
{
    private const int OpenFiles = 7;

    /// <summary>Raises how many files may be open, to <paramref name="wanted"/> where privileges allow, else as far as the hard limit. Returns the limit.</summary>
    public static ulong RaiseOpenFiles(ulong wanted)
    {
        var limit = stackalloc ulong[2];
        if (GetNative(OpenFiles, limit) < 0)
        {
            throw LinuxException.FromLastError("getrlimit");
        }

        var raised = stackalloc ulong[2];
        raised[0] = Math.Max(limit[0], wanted);
        raised[1] = Math.Max(limit[1], wanted);
        if (SetNative(OpenFiles, raised) == 0)
        {
            return raised[0];
        }

        raised[0] = raised[1] = limit[1];
        return SetNative(OpenFiles, raised) == 0 ? raised[0] : limit[0];
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetNative(int resource, ulong* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetNative(int resource, ulong* limit);
}
