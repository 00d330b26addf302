using System.Security.Cryptography;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.IO.Tar;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>
/// Reads a context tar once: contents go to the spool and are hashed on the way, nothing is unpacked. A cached build so never writes a file;
/// a copy writes each file once, into the layer. Nothing in the tar is trusted.
/// </summary>
internal sealed class ContextReader(ContextSpool spool)
{
    private const int MaxEntries = 4_000_000;
    private const int MaxPathLength = 4096;
    private const long MaxFileSize = 1L << 44;
    private readonly ContextNode _root = ContextNode.Directory();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ulong _links;

    public async Task<ContextNode> ReadAsync(Stream tar, CancellationToken cancellationToken)
    {
        using var reader = new TarReader(tar);
        for (var count = 0; await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry;)
        {
            if (++count > MaxEntries)
            {
                throw GantryException.InvalidArgument($"the build context has more than {MaxEntries} files");
            }

            await AddAsync(reader, entry, cancellationToken).ConfigureAwait(false);
        }

        spool.Flush();
        return _root;
    }

    private async Task AddAsync(TarReader reader, TarEntry entry, CancellationToken cancellationToken)
    {
        var path = Inside(entry.Name);
        if (path.Length == 0)
        {
            return;
        }

        var (directory, name) = Place(path);
        var there = directory.Children!.GetValueOrDefault(name);
        directory.Children![name] = entry.Kind switch
        {
            TarEntryKind.Directory when there?.Children is not null => ContextNode.Directory(entry.Mode, entry.ModifiedNanoseconds).WithChildrenOf(there),
            TarEntryKind.Directory => ContextNode.Directory(entry.Mode, entry.ModifiedNanoseconds),
            TarEntryKind.File => await FileAsync(reader, entry, cancellationToken).ConfigureAwait(false),
            TarEntryKind.Hardlink => Hardlink(entry),
            _ => Special(entry),
        };
    }

    private async Task<ContextNode> FileAsync(TarReader reader, TarEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Size > MaxFileSize)
        {
            throw GantryException.InvalidArgument($"{entry.Name} in the build context is too large");
        }

        var offset = spool.Length;
        while (await reader.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } data)
        {
            _hash.AppendData(data.Span);
            spool.Append(data.Span);
        }

        foreach (var extent in entry.Extents ?? [])
        {
            _hash.AppendData(BitConverter.GetBytes(extent.Offset));
            _hash.AppendData(BitConverter.GetBytes(extent.Length));
        }

        return new ContextNode
        {
            Kind = FileKind.File,
            Mode = entry.Mode,
            Modified = entry.ModifiedNanoseconds,
            Size = entry.Size,
            Offset = offset,
            Extents = entry.Extents,
            Hash = _hash.GetHashAndReset(),
        };
    }

    private ContextNode Hardlink(TarEntry entry)
    {
        var path = Inside(entry.LinkName);
        var target = path.Length == 0 ? null : Place(path) is var (directory, name) ? directory.Children!.GetValueOrDefault(name) : null;
        if (target is null || target.Children is not null)
        {
            throw GantryException.InvalidArgument($"invalid hard link in the build context: {entry.Name} -> {entry.LinkName}");
        }

        target.LinkKey = target.LinkKey == 0 ? ++_links : target.LinkKey;
        return target;
    }

    private static ContextNode Special(TarEntry entry) => new()
    {
        Kind = entry.Kind switch
        {
            TarEntryKind.Symlink => FileKind.Symlink,
            TarEntryKind.Fifo => FileKind.Fifo,
            TarEntryKind.CharacterDevice => FileKind.CharacterDevice,
            _ => FileKind.BlockDevice,
        },
        Mode = entry.Mode,
        Modified = entry.ModifiedNanoseconds,
        LinkTarget = entry.Kind == TarEntryKind.Symlink ? entry.LinkName : string.Empty,
        DeviceMajor = entry.DeviceMajor,
        DeviceMinor = entry.DeviceMinor,
    };

    /// <summary>The directory a path's last element belongs to; missing ones are made, as tar programs do.</summary>
    private (ContextNode Directory, string Name) Place(string path)
    {
        var directory = _root;
        var start = 0;
        for (var slash = path.IndexOf('/', start); slash >= 0; slash = path.IndexOf('/', start))
        {
            var name = path[start..slash];
            if (!directory.Children!.TryGetValue(name, out var next))
            {
                directory.Children[name] = next = ContextNode.Directory();
            }

            directory = next.Children is not null ? next : throw GantryException.InvalidArgument($"{path[..slash]} in the build context is not a directory");
            start = slash + 1;
        }

        return (directory, path[start..]);
    }

    /// <summary>The name below the context's root, which is its own parent: what leads out of it leads nowhere else.</summary>
    private static string Inside(string name)
    {
        var path = GoPath.Clean("/" + name);
        return path.Length > MaxPathLength ? throw GantryException.InvalidArgument("a file name in the build context is too long") : path[1..];
    }
}
