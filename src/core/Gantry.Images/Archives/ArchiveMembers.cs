using System.Formats.Tar;
using Gantry.Content;
using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Oci;

namespace Gantry.Images.Archives;

/// <summary>
/// The members of an image archive, put into the content store as they stream by; small documents can be read back by name.
/// Works for docker-archives (any member names, links between members) and OCI layouts (<c>blobs/sha256/HEX</c>). A layer that is not compressed is
/// unpacked at once, before it is known what it lies on, and so written only once.
/// </summary>
internal sealed partial class ArchiveMembers : IAsyncDisposable
{
    private const int MaxMembers = 100_000;
    private const string BlobPrefix = "blobs/sha256/";
    private readonly ImageStore _store;
    private readonly ContentStore _content;
    private readonly ContentLease _lease;
    private readonly Dictionary<string, Descriptor> _members = [];
    private readonly Dictionary<string, string> _links = [];

    private readonly List<Digest> _brought;

    private ArchiveMembers(ImageStore store, ContentLease lease, List<Digest> brought, IProgress<LoadProgress>? progress)
    {
        (_store, _content, _progress) = (store, store.Content, progress);
        _lease = lease;
        _brought = brought;
    }

    /// <param name="brought">Gets the digests of the blobs that were not there before, also when the archive turns out to be damaged.</param>
    /// <exception cref="GantryException">InvalidArgument: not a tar; DataCorrupt: a blob isn't what its name says.</exception>
    internal static async Task<ArchiveMembers> ReadAsync(
        ImageStore store, ContentLease lease, Stream archive, List<Digest> brought, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        var members = new ArchiveMembers(store, lease, brought, progress);
        try
        {
            await members.ReadAsync(archive, cancellationToken).ConfigureAwait(false);
            return members;
        }
        catch
        {
            await members.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ReadAsync(Stream archive, CancellationToken cancellationToken)
    {
        try
        {
            await using var tar = new TarReader(archive, leaveOpen: true);
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
            {
                await TakeAsync(entry, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (EndOfStreamException e)
        {
            throw GantryException.InvalidArgument("unexpected EOF", e);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw GantryException.InvalidArgument("archive/tar: invalid tar header", e);
        }
    }

    /// <summary>Names of all files in the archive.</summary>
    internal IEnumerable<string> Names => _members.Keys;

    internal bool Contains(string name) => Find(name) is not null;

    /// <exception cref="GantryException">InvalidArgument: the archive has no such member.</exception>
    internal Descriptor Get(string name) => Find(name) ?? throw GantryException.InvalidArgument($"invalid archive: {Bounded(name)} is missing");

    internal byte[] Read(string name) => _content.ReadAll(Get(name).Digest);

    private Descriptor? Find(string name)
    {
        for (var hops = 0; hops < 16; hops++)
        {
            name = Clean(name);
            if (_members.TryGetValue(name, out var member))
            {
                return member;
            }

            if (!_links.TryGetValue(name, out name!))
            {
                return null;
            }
        }

        return null;
    }

    private async Task TakeAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (_members.Count + _links.Count >= MaxMembers)
        {
            throw GantryException.InvalidArgument("invalid archive: too many members");
        }

        var name = Clean(entry.Name);
        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                _members[name] = await IngestAsync(name, entry, cancellationToken).ConfigureAwait(false);
                break;
            case TarEntryType.SymbolicLink:
                _links[name] = Path.Combine(Path.GetDirectoryName(name) ?? string.Empty, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                _links[name] = entry.LinkName;
                break;
            default:
                break;
        }
    }

    private async Task<Descriptor> IngestAsync(string name, TarEntry entry, CancellationToken cancellationToken)
    {
        var expected = name.StartsWith(BlobPrefix, StringComparison.Ordinal) && Digest.TryParse("sha256:" + name[BlobPrefix.Length..], out var digest) ? digest : default;
        var head = new byte[HeadSize];
        var length = entry.DataStream is null ? 0 : await entry.DataStream.ReadAtLeastAsync(head, HeadSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        using var source = new PrefixedStream(head.AsMemory(0, length), entry.DataStream ?? Stream.Null, leaveOpen: true);
        if (IsTar(head))
        {
            return await TakeLayerAsync(source, expected, entry.Length, cancellationToken).ConfigureAwait(false);
        }

        var key = expected.IsEmpty ? $"load-{Guid.NewGuid():N}" : expected.ToString();
        await using var writer = await _content.BeginIngestAsync(_lease, key, expected, entry.Length, cancellationToken).ConfigureAwait(false);
        if (writer is null)
        {
            return new Descriptor { Digest = expected, Size = entry.Length };
        }

        writer.Restart();
        await source.CopyToAsync(writer, 1 << 20, cancellationToken).ConfigureAwait(false);
        var blob = await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
        _brought.Add(blob.Digest);
        return new Descriptor { Digest = blob.Digest, Size = blob.Size };
    }

    /// <summary>Names are only looked up, never opened: cleaning them makes <c>./x</c> and <c>x</c> the same.</summary>
    private static string Clean(string name) => Path.GetFullPath(name, "/").TrimStart('/');

    private static string Bounded(string text) => text.Length <= 200 ? text : text[..200];
}
