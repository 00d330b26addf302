using System.Buffers.Text;

namespace Gantry.Linux;

/// <summary>The parts of <c>/proc/PID/stat</c> (proc(5)) that identify a process and tell how it ended.</summary>
/// <param name="State">R, S, D, T, Z...</param>
/// <param name="StartTime">Clock ticks after boot; with the pid it identifies a process.</param>
/// <param name="WaitStatus">The wait status; meaningful for a zombie.</param>
public readonly record struct ProcessStat(char State, ulong StartTime, int WaitStatus)
{
    private const int StartTimeField = 22;
    private const int ExitCodeField = 52;

    /// <summary>True for a process that has ended but was not reaped.</summary>
    public bool IsZombie => State is 'Z' or 'X';

    /// <summary>Null when there is no such process.</summary>
    public static ProcessStat? Read(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var n = RawFiles.TryReadFile($"/proc/{pid}/stat", buffer);
        return n <= 0 ? null : Parse(buffer[..n]);
    }

    /// <summary>Parses a stat line; null when it isn't one.</summary>
    public static ProcessStat? Parse(ReadOnlySpan<byte> line)
    {
        // The second field is the program's name in parentheses and may contain anything, so count from the last one.
        var name = line.LastIndexOf(") "u8);
        if (name < 0 || line.Length < name + 3)
        {
            return null;
        }

        var rest = line[(name + 2)..];
        var state = (char)rest[0];
        ulong startTime = 0;
        var exitCode = 0;
        var field = 3;
        foreach (var range in rest.Split((byte)' '))
        {
            if (field == StartTimeField && !Utf8Parser.TryParse(rest[range], out startTime, out _))
            {
                return null;
            }

            if (field == ExitCodeField)
            {
                _ = Utf8Parser.TryParse(rest[range], out exitCode, out _);
            }

            field++;
        }

        return field > StartTimeField ? new ProcessStat(state, startTime, exitCode) : null;
    }
}
