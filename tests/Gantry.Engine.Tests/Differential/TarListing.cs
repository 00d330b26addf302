using System.Formats.Tar;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Gantry.Engine.Tests.Differential;

/// <summary>A tar as lines of name, type, mode, owner and link; busybox's hundreds of links are left out.</summary>
internal static class TarListing
{
    internal static JsonArray Of(byte[] tar, Normaliser normaliser)
    {
        var lines = new JsonArray();
        using var reader = new TarReader(new MemoryStream(tar));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry is { EntryType: TarEntryType.SymbolicLink or TarEntryType.HardLink, LinkName: "busybox" or "bin/busybox" })
            {
                continue;
            }

            var mode = Convert.ToString((int)entry.Mode, 8);
            var size = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.Length < 256 ? $" {entry.Length} bytes" : string.Empty;
            lines.Add(normaliser.Text(string.Create(CultureInfo.InvariantCulture,
                $"{entry.Name} {entry.EntryType} {mode} {entry.Uid}:{entry.Gid}{(entry.LinkName.Length > 0 ? " -> " + entry.LinkName : size)}")));
        }

        return lines;
    }
}
