using System.Text;
using Gantry.IO.Tar;
using Gantry.Oci;

namespace Gantry.Storage.Tests;

/// <summary>Puts tars together for tests, hostile ones too.</summary>
internal sealed class TarBuilder
{
    private readonly List<(TarEntry Entry, byte[] Content)> _entries = [];

    internal TarBuilder File(string name, string content = "", int mode = 0x1A4, uint user = 0, long seconds = 1_000_000_000) =>
        Add(new TarEntry { Name = name, Kind = TarEntryKind.File, Mode = mode, UserId = user, GroupId = user, ModifiedNanoseconds = seconds * 1_000_000_000 }, content);

    internal TarBuilder Directory(string name, int mode = 0x1ED, uint user = 0) =>
        Add(new TarEntry { Name = name, Kind = TarEntryKind.Directory, Mode = mode, UserId = user, GroupId = user, ModifiedNanoseconds = 2_000_000_000_000_000_000 });

    internal TarBuilder Symlink(string name, string target) =>
        Add(new TarEntry { Name = name, Kind = TarEntryKind.Symlink, Mode = 0x1FF, LinkName = target, ModifiedNanoseconds = 5_000_000_000 });

    internal TarBuilder Hardlink(string name, string target) => Add(new TarEntry { Name = name, Kind = TarEntryKind.Hardlink, LinkName = target });

    internal TarBuilder Add(TarEntry entry, string content = "") => Add(entry, Encoding.UTF8.GetBytes(content));

    internal TarBuilder Add(TarEntry entry, byte[] content)
    {
        _entries.Add((entry with { Size = content.Length }, content));
        return this;
    }

    internal byte[] Build()
    {
        var output = new MemoryStream();
        using var writer = new TarWriter(output);
        foreach (var (entry, content) in _entries)
        {
            writer.WriteEntryAsync(entry, content).AsTask().Wait();
        }

        writer.CompleteAsync().AsTask().Wait();
        return output.ToArray();
    }

    internal (Digest DiffId, byte[] Tar) Layer()
    {
        var tar = Build();
        return (Digest.Of(tar), tar);
    }
}
