using System.Runtime.InteropServices;
using Gantry.Errors;

namespace Gantry.Linux;

/// <summary>A failed system call: its name, errno and what it was applied to.</summary>
public sealed class LinuxException : IOException
{
    public LinuxException(string call, int errno, string? subject = null)
        : base(Describe(call, errno, subject), errno)
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>Name of the system call, as in its man page.</summary>
    public string Call { get; }

    /// <summary>The raw Linux errno value (see <see cref="Linux.Errno"/>).</summary>
    public int Errno { get; }

    /// <summary>Builds the exception from the errno that the last P/Invoke with <c>SetLastError</c> left.</summary>
    public static LinuxException FromLastError(string call, string? subject = null) => new(call, Marshal.GetLastPInvokeError(), subject);

    /// <summary>Wraps this failure for callers above the foundation ring.</summary>
    public GantryException ToGantry(string what) =>
        new(Errno is Linux.Errno.ENOSPC or Linux.Errno.EDQUOT or Linux.Errno.ENOMEM or Linux.Errno.EMFILE or Linux.Errno.ENFILE
                ? ErrorKind.ResourceExhausted
                : ErrorKind.Internal,
            $"{what}: {Message}",
            this);

    /// <summary>A write of the base library that failed since the disk, or a quota, is full.</summary>
    public static bool IsNoSpace(IOException exception) => exception.HResult is Linux.Errno.ENOSPC or Linux.Errno.EDQUOT;

    /// <summary>
    /// The C library's and the base library's texts as Docker's clients know them, which are Go's: <c>no space left on device</c>. What is an
    /// abbreviation stays.
    /// </summary>
    public static string Lower(string text) =>
        text.Length > 1 && char.IsAsciiLetterUpper(text[0]) && !char.IsAsciiLetterUpper(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;

    private static string Describe(string call, int errno, string? subject)
    {
        var text = Lower(Marshal.GetPInvokeErrorMessage(errno));
        return subject is null ? $"{call}: {text}" : $"{call} {subject}: {text}";
    }
}
