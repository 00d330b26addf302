using System.Runtime.InteropServices;

namespace Gantry.Linux.Processes;

/// <summary>The C library's heap of this process (SQLite, libnftables and zstd allocate there).</summary>
public static partial class NativeHeap
{
    /// <summary>Gives pages that hold no allocation back to the kernel (malloc_trim(3)); does nothing where the C library has no such call.</summary>
    public static void Trim()
    {
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl returns freed memory by itself
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
