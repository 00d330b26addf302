using System.Runtime.InteropServices;

namespace Gantry.Linux.Networking;

/// <summary>
/// libnftables (libnftables(3)): runs nft(8) commands in process. All commands of one call are one transaction: all of them hold or none.
/// </summary>
/// <remarks>
/// A context belongs to the network namespace of the thread that made it, and keeps no state between calls. One call at a time; callers on
/// other threads wait. The library waits for the kernel with select(2), which can't take descriptors from 1024 on: make contexts early in the
/// life of a process and keep them.
/// </remarks>
public sealed partial class NfTables : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ContextHandle _context;

    /// <summary>Opens a context for the calling thread's network namespace.</summary>
    /// <exception cref="LinuxException">libnftables.so.1 is not installed, or the kernel refuses.</exception>
    public NfTables()
    {
        try
        {
            _context = Native.nft_ctx_new(0);
        }
        catch (DllNotFoundException)
        {
            throw new LinuxException("dlopen", Errno.ENOENT, "libnftables.so.1 (Debian package libnftables1)");
        }

        if (_context.IsInvalid)
        {
            throw new LinuxException("nft_ctx_new", Errno.ENOMEM);
        }

        Check(Native.nft_ctx_buffer_error(_context), "nft_ctx_buffer_error");
        Check(Native.nft_ctx_buffer_output(_context), "nft_ctx_buffer_output");
    }

    /// <summary>Runs commands as one transaction.</summary>
    /// <exception cref="LinuxException">They were refused; nothing has changed. The message carries libnftables' own text.</exception>
    public void Run(string commands)
    {
        if (TryRun(commands) is { } error)
        {
            throw new LinuxException("nft", Errno.EINVAL, error);
        }
    }

    /// <summary>Like <see cref="Run"/>, but gives the error text back; null when all went well.</summary>
    public string? TryRun(string commands)
    {
        lock (_lock)
        {
            var failed = Native.nft_run_cmd_from_buffer(_context, commands) != 0;
            var error = Text(Native.nft_ctx_get_error_buffer(_context));
            _ = Native.nft_ctx_get_output_buffer(_context);
            return failed ? (error.Length == 0 ? "failed" : error) : null;
        }
    }

    /// <summary>Runs a list command and gives its JSON (libnftables-json(5)); null when what was asked for does not exist.</summary>
    public string? ListJson(string command)
    {
        lock (_lock)
        {
            Native.nft_ctx_output_set_flags(_context, OutputJson | OutputHandle);
            var failed = Native.nft_run_cmd_from_buffer(_context, command) != 0;
            Native.nft_ctx_output_set_flags(_context, 0);
            var output = Text(Native.nft_ctx_get_output_buffer(_context));
            _ = Native.nft_ctx_get_error_buffer(_context);
            return failed ? null : output;
        }
    }

    /// <summary>
    /// Frees the library's copy of the kernel's tables, everybody's included (megabytes beside a Docker Engine with many rules). It would be read anew
    /// after the next change anyway; the library frees it after a dry run.
    /// </summary>
    public void ReleaseCache()
    {
        lock (_lock)
        {
            if (_context.IsClosed)
            {
                return;
            }

            Native.nft_ctx_set_dry_run(_context, true);
            _ = Native.nft_run_cmd_from_buffer(_context, "\n");
            Native.nft_ctx_set_dry_run(_context, false);
        }
    }

    public void Dispose()
    {
        // A rest may be under way on a timer's thread.
        lock (_lock)
        {
            _context.Dispose();
        }
    }

    private const uint OutputHandle = 1 << 3;
    private const uint OutputJson = 1 << 4;

    private static string Text(nint text) => Marshal.PtrToStringUTF8(text)?.Trim() ?? "";

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw new LinuxException(call, Errno.ENOMEM);
        }
    }

    private sealed class ContextHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            Native.nft_ctx_free(handle);
            return true;
        }
    }

    private static partial class Native
    {
        private const string Library = "libnftables.so.1";

        [LibraryImport(Library)]
        internal static partial ContextHandle nft_ctx_new(uint flags);

        [LibraryImport(Library)]
        internal static partial void nft_ctx_free(nint context);

        [LibraryImport(Library)]
        internal static partial int nft_ctx_buffer_error(ContextHandle context);

        [LibraryImport(Library)]
        internal static partial int nft_ctx_buffer_output(ContextHandle context);

        [LibraryImport(Library)]
        internal static partial nint nft_ctx_get_error_buffer(ContextHandle context);

        [LibraryImport(Library)]
        internal static partial nint nft_ctx_get_output_buffer(ContextHandle context);

        [LibraryImport(Library)]
        internal static partial void nft_ctx_output_set_flags(ContextHandle context, uint flags);

        [LibraryImport(Library)]
        internal static partial void nft_ctx_set_dry_run(ContextHandle context, [MarshalAs(UnmanagedType.U1)] bool dry);

        [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int nft_run_cmd_from_buffer(ContextHandle context, string commands);
    }
}
