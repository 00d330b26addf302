using System.Globalization;
using System.Text;
using System.Text.Json;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Checkpoints;

/// <summary>One of a process's standard streams as CRIU names a file that is not a part of the container.</summary>
/// <param name="Stream">0, 1 or 2.</param>
/// <param name="Key"><c>file[MOUNT:INODE]</c> in hexadecimal digits.</param>
internal readonly record struct StdioKey(int Stream, string Key);

/// <summary>
/// A container's standard streams are FIFOs of the run directory, which CRIU can neither find in the container nor open again. They are declared
/// external at a checkpoint, and the new ones take their places at a restore. Which was which is kept beside the images.
/// </summary>
internal static class StdioKeys
{
    /// <summary>In the directory of the images.</summary>
    internal const string FileName = "gantry-stdio.json";

    private const int Streams = 3;
    private const int MaxFile = 64 * 1024;

    /// <summary>
    /// Finds the FIFOs among the open files of a container's processes. The mount by which a process knows one is that of whoever opened it, which
    /// may be a monitor of long ago, so it is looked up where it is in use.
    /// </summary>
    internal static IReadOnlyList<StdioKey> Find(ProcessRecord record, IReadOnlyList<int> pids)
    {
        var fifos = new Dictionary<(ulong FileSystem, ulong Inode), int>();
        for (var stream = 0; stream < Streams; stream++)
        {
            if (FileAt.TryStat(FileAt.CurrentDirectory, RunFiles.Fifo(record.Directory, stream), out var fifo) == 0)
            {
                fifos[(fifo.FileSystem, fifo.Inode)] = stream;
            }
        }

        var keys = new HashSet<StdioKey>();
        foreach (var pid in fifos.Count == 0 ? [] : pids)
        {
            keys.UnionWith(Find(pid, fifos));
        }

        return [.. keys.OrderBy(key => key.Stream).ThenBy(key => key.Key, StringComparer.Ordinal)];
    }

    /// <summary>Writes the keys into the directory of the images.</summary>
    internal static void Save(string imagePath, IReadOnlyList<StdioKey> keys)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (stream, key) in keys)
            {
                json.WriteNumber(key, stream);
            }

            json.WriteEndObject();
        }

        RawFiles.Replace($"{imagePath}/{FileName}", buffer.ToArray());
    }

    /// <summary>Reads them back. What is no key is left out: the file may have been anywhere, and its words go into CRIU's configuration.</summary>
    internal static IReadOnlyList<StdioKey> Load(string imagePath)
    {
        var buffer = new byte[MaxFile];
        var n = RawFiles.TryReadFile($"{imagePath}/{FileName}", buffer);
        try
        {
            using var json = JsonDocument.Parse(n > 0 ? buffer.AsMemory(0, n) : "{}"u8.ToArray());
            return json.RootElement.ValueKind != JsonValueKind.Object
                ? []
                : [.. json.RootElement.EnumerateObject().Where(p => IsKey(p.Name) && IsStream(p.Value)).Select(p => new StdioKey(p.Value.GetInt32(), p.Name))];
        }
        catch (JsonException)
        {
            // Damaged: the restore fails with CRIU's own words for a file it has no place for.
            return [];
        }
    }

    private static bool IsStream(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var stream) && stream is >= 0 and < Streams;

    private static bool IsKey(string text)
    {
        var parts = text.StartsWith("file[", StringComparison.Ordinal) && text[^1] == ']' ? text[5..^1].Split(':') : [];
        return parts.Length == 2 && Array.TrueForAll(parts, part => part.Length is > 0 and <= 16 && part.All(char.IsAsciiHexDigitLower));
    }

    private static List<StdioKey> Find(int pid, Dictionary<(ulong FileSystem, ulong Inode), int> fifos)
    {
        var keys = new List<StdioKey>();
        foreach (var path in Descriptors(pid))
        {
            if (FileAt.TryStat(FileAt.CurrentDirectory, path, out var file, followLink: true) == 0
                && file.Kind == FileKind.Fifo
                && fifos.TryGetValue((file.FileSystem, file.Inode), out var stream)
                && Mount(pid, Path.GetFileName(path)) is { } mount)
            {
                keys.Add(new StdioKey(stream, string.Create(CultureInfo.InvariantCulture, $"file[{mount:x}:{file.Inode:x}]")));
            }
        }

        return keys;
    }

    private static string[] Descriptors(int pid)
    {
        try
        {
            return Directory.GetFiles($"/proc/{pid}/fd");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended meanwhile.
            return [];
        }
    }

    /// <summary>The number of the mount through which a descriptor was opened (proc_pid_fdinfo(5)).</summary>
    private static long? Mount(int pid, string descriptor)
    {
        var buffer = new byte[4096];
        var n = RawFiles.TryReadFile($"/proc/{pid}/fdinfo/{descriptor}", buffer);
        foreach (var line in Encoding.ASCII.GetString(buffer, 0, Math.Max(n, 0)).Split('\n'))
        {
            if (line.StartsWith("mnt_id:", StringComparison.Ordinal) && long.TryParse(line["mnt_id:".Length..], CultureInfo.InvariantCulture, out var mount))
            {
                return mount;
            }
        }

        return null;
    }
}
