using System.Runtime.InteropServices;

namespace Gantry.Linux.Seccomp;

/// <summary>
/// A system call filter under construction, made by libseccomp (seccomp_init(3)), which the OCI runtimes use too and which is loaded on first
/// use. Not safe for several threads.
/// </summary>
public sealed unsafe partial class SeccompFilterBuilder : IDisposable
{
    /// <summary>SCMP_FLTATR_CTL_OPTIMIZE with 2: a binary tree over the system calls' numbers in place of a list.</summary>
    private const int OptimizeAttribute = 8;
    private const uint BinaryTree = 2;
    private const int FileExists = -Errno.EEXIST;

    private nint _context;

    private SeccompFilterBuilder(nint context) => _context = context;

    /// <summary>Null where libseccomp is missing or refuses the action.</summary>
    /// <param name="defaultAction">What happens on system calls without a rule: SECCOMP_RET_* and its data (seccomp(2)).</param>
    public static SeccompFilterBuilder? TryCreate(uint defaultAction)
    {
        try
        {
            var context = Native.seccomp_init(defaultAction);
            if (context == 0)
            {
                return null;
            }

            // Before libseccomp 2.5 there is no tree; the list does the same.
            _ = Native.seccomp_attr_set(context, OptimizeAttribute, BinaryTree);
            return new SeccompFilterBuilder(context);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The number of a system call on this machine, a negative one of libseccomp's own for one of another architecture, null for an unknown name.</summary>
    public static int? ResolveSyscall(string name)
    {
        const int unknown = -1;
        var number = Native.seccomp_syscall_resolve_name(name);
        return number == unknown ? null : number;
    }

    /// <summary>Adds an architecture beside the machine's own. False for a name that libseccomp doesn't know.</summary>
    /// <param name="name">libseccomp's, in lower case: <c>x86_64</c>, <c>aarch64</c>.</param>
    public bool TryAddArchitecture(string name)
    {
        var token = Native.seccomp_arch_resolve_name(name);
        return token != 0 && Native.seccomp_arch_add(_context, token) is 0 or FileExists;
    }

    /// <summary>Adds a rule that holds when all comparisons do. False when libseccomp refuses it.</summary>
    public bool TryAddRule(uint action, int syscall, ReadOnlySpan<SeccompComparison> comparisons)
    {
        fixed (SeccompComparison* first = comparisons)
        {
            return Native.seccomp_rule_add_array(_context, action, syscall, (uint)comparisons.Length, first) == 0;
        }
    }

    /// <summary>The filter as the kernel takes it: struct sock_filter, 8 bytes an instruction; null when libseccomp fails.</summary>
    public byte[]? Export()
    {
        var file = MemoryFiles.Create("seccomp");
        try
        {
            if (Native.seccomp_export_bpf(_context, file) != 0)
            {
                return null;
            }

            return File.ReadAllBytes($"/proc/self/fd/{file}");
        }
        finally
        {
            RawFiles.Close(file);
        }
    }

    public void Dispose()
    {
        if (_context != 0)
        {
            Native.seccomp_release(_context);
            _context = 0;
        }
    }

    private static partial class Native
    {
        private const string Library = "libseccomp.so.2";

        [LibraryImport(Library)]
        internal static partial nint seccomp_init(uint defaultAction);

        [LibraryImport(Library)]
        internal static partial void seccomp_release(nint context);

        [LibraryImport(Library)]
        internal static partial int seccomp_attr_set(nint context, int attribute, uint value);

        [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial uint seccomp_arch_resolve_name(string name);

        [LibraryImport(Library)]
        internal static partial int seccomp_arch_add(nint context, uint token);

        [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int seccomp_syscall_resolve_name(string name);

        [LibraryImport(Library)]
        internal static partial int seccomp_rule_add_array(nint context, uint action, int syscall, uint count, SeccompComparison* comparisons);

        [LibraryImport(Library)]
        internal static partial int seccomp_export_bpf(nint context, int fd);
    }
}
