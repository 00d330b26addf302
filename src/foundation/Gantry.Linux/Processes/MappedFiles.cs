using System.Globalization;
using System.Runtime.InteropServices;

namespace Gantry.Linux.Processes;

/// <summary>The files that are part of this process's memory: its program and libraries.</summary>
public static partial class MappedFiles
{
    /// <summary>MADV_DONTNEED (madvise(2)).</summary>
    private const int DontNeed = 4;

    /// <summary>
    /// Unmaps their pages that were only ever read. They stay in the page cache, where the kernel may take them when it needs room, and are mapped
    /// again, sixteen at a fault, when they are used. What a program touches once, at its start, goes out of its memory for good.
    /// </summary>
    /// <returns>Bytes that were resident in the mappings let go.</returns>
    public static long LetGo()
    {
        var total = 0L;
        Mapping? mapping = null;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            // A mapping's own line comes first, then "Name: value" lines (proc_pid_smaps(5)).
            if (Mapping.TryParse(line) is { } next)
            {
                total += LetGo(mapping);
                mapping = next;
            }
            else if (mapping is not null)
            {
                mapping.ReadDetail(line);
            }
        }

        return total + LetGo(mapping);
    }

    private static long LetGo(Mapping? mapping) =>
        mapping is { IsReadOnlyFile: true, Resident: > 0, Own: 0 } && MAdvise(mapping.Start, (nuint)(mapping.End - mapping.Start), DontNeed) == 0 ? mapping.Resident : 0;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(nint address, nuint length, int advice);

    /// <summary>One entry of smaps.</summary>
    private sealed class Mapping
    {
        internal nint Start { get; private init; }

        internal nint End { get; private init; }

        internal bool IsReadOnlyFile { get; private init; }

        /// <summary>Bytes in memory.</summary>
        internal long Resident { get; private set; }

        /// <summary>Bytes that are no longer the file's, such as relocated pointers: letting go of them would lose them.</summary>
        internal long Own { get; private set; } = -1;

        /// <summary><c>START-END rw-p OFFSET DEVICE INODE [PATH]</c>.</summary>
        internal static Mapping? TryParse(string line)
        {
            var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            var range = fields[0].Split('-');
            return fields.Length >= 5 && range.Length == 2
                && nint.TryParse(range[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start)
                && nint.TryParse(range[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var end)
                ? new Mapping { Start = start, End = end, IsReadOnlyFile = fields[1] is ['r', '-', _, 'p'] && fields.Length == 6 && fields[5].TrimStart() is ['/', ..] }
                : null;
        }

        internal void ReadDetail(string line)
        {
            if (Kilobytes(line, "Rss:") is { } resident)
            {
                Resident = resident;
            }
            else if (Kilobytes(line, "Anonymous:") is { } own)
            {
                Own = own;
            }
        }

        private static long? Kilobytes(string line, string name) =>
            line.StartsWith(name, StringComparison.Ordinal) && long.TryParse(line.AsSpan(name.Length).TrimEnd("kB ").Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)
                ? kilobytes * 1024
                : null;
    }
}
