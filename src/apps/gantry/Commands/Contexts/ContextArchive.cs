using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Apps.Cli.Configuration;
using Gantry.Errors;
using Gantry.IO.Tar;

namespace Gantry.Apps.Cli.Commands.Contexts;

/// <summary>A context as a file: a tar (or zip) archive with meta.json and tls/docker/*.pem.</summary>
internal static class ContextArchive
{
    private const string MetaName = "meta.json";
    private const string TlsFolder = "tls/docker/";
    private const int LargestMember = 10 << 20;
    private const int FileMode = 0x1A4;
    private const int FolderMode = 0x1C0;

    /// <param name="meta">The JSON of meta.json.</param>
    /// <param name="tls">Contents by file name.</param>
    public static async Task WriteAsync(Stream destination, ReadOnlyMemory<byte> meta, IReadOnlyDictionary<string, byte[]> tls, CancellationToken cancellationToken)
    {
        using var tar = new TarWriter(destination);
        await tar.WriteEntryAsync(new TarEntry { Name = MetaName, Kind = TarEntryKind.File, Mode = FileMode, Size = meta.Length }, meta, cancellationToken);
        await tar.WriteEntryAsync(Folder("tls"), ReadOnlyMemory<byte>.Empty, cancellationToken);
        if (tls.Count > 0)
        {
            await tar.WriteEntryAsync(Folder("tls/docker"), ReadOnlyMemory<byte>.Empty, cancellationToken);
        }

        foreach (var (name, content) in tls)
        {
            await tar.WriteEntryAsync(new TarEntry { Name = TlsFolder + name, Kind = TarEntryKind.File, Mode = 0x180, Size = content.Length }, content, cancellationToken);
        }

        await tar.CompleteAsync(cancellationToken);
    }

    /// <summary>Reads an archive into a context named <paramref name="name"/>.</summary>
    /// <exception cref="GantryException">The archive holds no context, or what does not belong into one.</exception>
    public static async Task<(DockerContext Context, IReadOnlyDictionary<string, byte[]> Tls)> ReadAsync(string name, Stream source, CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        await source.CopyToAsync(bytes, cancellationToken);
        bytes.Position = 0;
        var isZip = bytes.Length > 4 && bytes.GetBuffer().AsSpan(0, 4).SequenceEqual("PK\x03\x04"u8);
        var members = isZip ? ReadZip(bytes) : await ReadTarAsync(bytes, cancellationToken);
        if (!members.TryGetValue(MetaName, out var meta))
        {
            throw GantryException.InvalidArgument("invalid context: no metadata found");
        }

        var tls = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (path, content) in members.Where(m => m.Key != MetaName))
        {
            // Only files by their bare name: nothing leaves the context's folder.
            var file = path.StartsWith(TlsFolder, StringComparison.Ordinal) ? path[TlsFolder.Length..] : "";
            tls[file.Length > 0 && !file.Contains('/', StringComparison.Ordinal) && file is not (".." or ".") ? file
                : throw GantryException.InvalidArgument("invalid context file")] = content;
        }

        return (Parse(name, meta), tls);
    }

    private static TarEntry Folder(string name) => new() { Name = name, Kind = TarEntryKind.Directory, Mode = FolderMode };

    private static async Task<Dictionary<string, byte[]>> ReadTarAsync(Stream source, CancellationToken cancellationToken)
    {
        var members = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using var tar = new TarReader(source);
            while (await tar.ReadEntryAsync(cancellationToken) is { } entry)
            {
                if (entry.Kind != TarEntryKind.File)
                {
                    continue;
                }

                var content = new MemoryStream();
                while (await tar.ReadDataAsync(cancellationToken) is { Length: > 0 } data)
                {
                    content.Write(data.Span);
                    Limit(content.Length);
                }

                members[entry.Name] = content.ToArray();
            }
        }
        catch (GantryException e) when (e.Kind == ErrorKind.DataCorrupt)
        {
            throw GantryException.DataCorrupt("unexpected EOF", e);
        }

        return members;
    }

    private static Dictionary<string, byte[]> ReadZip(Stream source)
    {
        var members = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using var zip = new ZipArchive(source, ZipArchiveMode.Read);
            foreach (var entry in zip.Entries.Where(e => !e.FullName.EndsWith('/')))
            {
                Limit(entry.Length);
                using var data = entry.Open();
                var content = new byte[entry.Length];
                data.ReadExactly(content);
                members[entry.FullName] = content;
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw GantryException.DataCorrupt("zip: not a valid zip file", e);
        }

        return members;
    }

    private static void Limit(long length)
    {
        if (length > LargestMember)
        {
            throw GantryException.InvalidArgument("context file is too large: read limit exceeded");
        }
    }

    private static DockerContext Parse(string name, byte[] meta)
    {
        try
        {
            var root = JsonNode.Parse(meta) as JsonObject ?? throw new JsonException("not an object");
            var endpoint = root["Endpoints"]?["docker"];
            return new DockerContext(
                name, (string?)root["Metadata"]?["Description"] ?? "", (string?)endpoint?["Host"], (bool?)endpoint?["SkipTLSVerify"] ?? false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw GantryException.DataCorrupt($"invalid context: {e.Message}", e);
        }
    }
}
