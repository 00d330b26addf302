using System.Formats.Tar;
using System.Text;

namespace Gantry.Build.Tests.Support;

/// <summary>Makes a context tar as a client sends it.</summary>
internal sealed class ContextBuilder
{
    private static readonly DateTimeOffset s_time = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);
    private readonly List<TarEntry> _entries = [];
    private readonly HashSet<string> _directories = [];

    public DateTimeOffset Time { get; init; } = s_time;

    public static ContextBuilder Of(string dockerfile) => new ContextBuilder().File("Dockerfile", dockerfile);

    public ContextBuilder File(string name, string text, int mode = 0x1a4) => File(name, Encoding.UTF8.GetBytes(text), mode);

    public ContextBuilder File(string name, byte[] content, int mode = 0x1a4) =>
        Add(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), Mode = (UnixFileMode)mode });

    public ContextBuilder Link(string name, string target) =>
        Add(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target, Mode = (UnixFileMode)0x1ff });

    public ContextBuilder Directory(string name, int mode = 0x1ed)
    {
        _directories.Add(name);
        return Add(new PaxTarEntry(TarEntryType.Directory, name + "/") { Mode = (UnixFileMode)mode });
    }

    /// <summary>Writes the entry with no regard for its parents.</summary>
    public ContextBuilder Raw(TarEntry entry)
    {
        _entries.Add(entry);
        return this;
    }

    public MemoryStream Build()
    {
        var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            _entries.ForEach(writer.WriteEntry);
        }

        stream.Position = 0;
        return stream;
    }

    private ContextBuilder Add(PaxTarEntry entry)
    {
        var parts = entry.Name.TrimEnd('/').Split('/');
        for (var i = 1; i < parts.Length; i++)
        {
            var parent = string.Join('/', parts[..i]);
            if (!_directories.Contains(parent))
            {
                Directory(parent);
            }
        }

        entry.ModificationTime = Time;
        return Raw(entry);
    }
}
