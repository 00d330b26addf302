using System.Buffers.Text;
using System.Text;

namespace Gantry.Linux.Cgroups;

/// <summary>Reading the formats of cgroup files. A missing file or value reads as null or nothing: cgroups vanish at any moment.</summary>
public static class CgroupFiles
{
    private const int BufferSize = 64 * 1024;

    /// <summary>A file with one number; null for <c>max</c>, what is no number, or no file.</summary>
    public static ulong? ReadNumber(string path)
    {
        Span<byte> buffer = stackalloc byte[64];
        var n = RawFiles.TryReadFile(path, buffer);
        return n > 0 && Utf8Parser.TryParse(buffer[..n], out ulong value, out _) ? value : null;
    }

    /// <summary>The whole file; empty when it can't be read.</summary>
    public static string ReadText(string path)
    {
        var buffer = new byte[BufferSize];
        var n = RawFiles.TryReadFile(path, buffer);
        return n > 0 ? Encoding.UTF8.GetString(buffer, 0, n) : "";
    }

    /// <summary>A file of <c>key value</c> lines.</summary>
    public static Dictionary<string, ulong> ReadKeyed(string path)
    {
        var values = new Dictionary<string, ulong>();
        foreach (var line in ReadText(path).AsSpan().EnumerateLines())
        {
            var space = line.IndexOf(' ');
            if (space > 0 && ulong.TryParse(line[(space + 1)..], out var value))
            {
                values[line[..space].ToString()] = value;
            }
        }

        return values;
    }

    /// <summary>Process ids in one cgroup, without its children.</summary>
    public static List<int> ReadProcesses(string directory)
    {
        var pids = new List<int>();
        foreach (var line in ReadText(directory + "/cgroup.procs").AsSpan().EnumerateLines())
        {
            if (int.TryParse(line, out var pid) && pid > 0)
            {
                pids.Add(pid);
            }
        }

        return pids;
    }
}
