using System.Buffers.Text;
using System.Text;

namespace Gantry.Linux.Cgroups;

/// <summary>Reading the formats of cgroup files. A missing file or value reads as null or nothing: cgroups vanish at any moment.</summary>
public static class CgroupFiles
{
    /// <summary>A file with one number; null for <c>max</c>, what is no number, or no file.</summary>
    public static ulong? ReadNumber(string path)
    {
        Span<byte> buffer = stackalloc byte[64];
        var n = RawFiles.TryReadFile(path, buffer);
        return n > 0 && Utf8Parser.TryParse(buffer[..n], out ulong value, out _) ? value : null;
    }

    /// <summary>The whole file; empty when it can't be read.</summary>
    public static string ReadText(string path) => RawFiles.ReadFile(path, bytes => Encoding.UTF8.GetString(bytes)) ?? "";

    /// <summary>A file of <c>key value</c> lines.</summary>
    public static Dictionary<string, ulong> ReadKeyed(string path) => RawFiles.ReadFile(path, ParseKeyed) ?? [];

    private static Dictionary<string, ulong> ParseKeyed(ReadOnlySpan<byte> text)
    {
        var values = new Dictionary<string, ulong>(text.Count((byte)'\n'));
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            var space = line.IndexOf((byte)' ');
            if (space > 0 && Utf8Parser.TryParse(line[(space + 1)..], out ulong value, out _))
            {
                values[Encoding.UTF8.GetString(line[..space])] = value;
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
