using System.IO.Pipelines;
using Gantry.Content;
using Gantry.Errors;
using Gantry.IO.Tar;

namespace Gantry.Images.Plugins;

/// <summary>
/// Takes apart what <c>docker plugin create</c> sends: a tar of <c>config.json</c> and, below <c>rootfs/</c>, the root file system, which is unpacked as a layer
/// while it comes.
/// </summary>
public sealed class PluginArchive(ImageStore store)
{
    private const int MaxConfigSize = 4 << 20;
    private const string ConfigName = "config.json";
    private const string RootName = "rootfs";

    /// <summary>Unpacks the root file system; it is under the lease.</summary>
    /// <returns>The config as it stands in the archive, and the layer.</returns>
    /// <exception cref="GantryException">Internal in Docker's words: parts are missing; DataCorrupt: the archive is malformed or hostile.</exception>
    public async Task<(byte[] Config, Snapshots.LayerInfo Layer)> UnpackAsync(Stream archive, ContentLease lease, CancellationToken cancellationToken = default)
    {
        await using var plain = await OpenAsync(archive, cancellationToken).ConfigureAwait(false);
        var pipe = new Pipe();
        var splitting = SplitAsync(plain, pipe.Writer, cancellationToken);
        try
        {
            var layer = await store.Layers.ApplyLayerAsync(default, pipe.Reader.AsStream(), lease.Protect, cancellationToken).ConfigureAwait(false);
            return (await splitting.ConfigureAwait(false) ?? throw GantryException.Internal("config not found"), layer);
        }
        catch (Exception)
        {
            await pipe.Reader.CompleteAsync().ConfigureAwait(false);

            // What was wrong with the archive is the cause of whatever the unpacking made of it.
            await splitting.ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>An archive without a byte is one without members, as Docker has it.</summary>
    private async Task<Stream> OpenAsync(Stream archive, CancellationToken cancellationToken)
    {
        try
        {
            return await store.Layers.OpenTarAsync(archive, leaveOpen: true, cancellationToken).ConfigureAwait(false);
        }
        catch (EndOfStreamException)
        {
            return Stream.Null;
        }
    }

    /// <summary>Writes a tar of what is below <c>rootfs/</c>; returns the config, or null where there is none.</summary>
    private static async Task<byte[]?> SplitAsync(Stream archive, PipeWriter target, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            using var reader = new TarReader(archive);
            using var writer = new TarWriter(target.AsStream(leaveOpen: true));
            byte[]? config = null;
            var hasRoot = false;
            while (await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
            {
                var name = Clean(entry.Name);
                if (name == ConfigName)
                {
                    config = await ReadAsync(reader, cancellationToken).ConfigureAwait(false);
                }
                else if (Below(name) is { } below)
                {
                    hasRoot = true;
                    await CopyAsync(reader, entry with { Name = below, LinkName = LinkOf(entry) }, writer, cancellationToken).ConfigureAwait(false);
                }
            }

            if (!hasRoot)
            {
                throw GantryException.Internal("no rootfs found: EOF");
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return config;
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            await target.CompleteAsync(failure).ConfigureAwait(false);
        }
    }

    private static string Clean(string name)
    {
        var parts = name.Split('/').Where(p => p is not ("" or "."));
        return string.Join('/', parts);
    }

    /// <summary>The path below the root file system, null outside of it. A <c>..</c> in it is the unpacking's to judge.</summary>
    private static string? Below(string name) => name == RootName ? "./"
        : name.StartsWith(RootName + "/", StringComparison.Ordinal) ? name[(RootName.Length + 1)..]
        : null;

    private static string LinkOf(TarEntry entry) => entry.Kind == TarEntryKind.Hardlink && Below(Clean(entry.LinkName)) is { } below ? below : entry.LinkName;

    private static async Task<byte[]> ReadAsync(TarReader reader, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        while (await reader.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            if (content.Length + piece.Length > MaxConfigSize)
            {
                throw GantryException.Internal($"failed to parse config: larger than {MaxConfigSize} bytes");
            }

            content.Write(piece.Span);
        }

        return content.ToArray();
    }

    private static async Task CopyAsync(TarReader reader, TarEntry entry, TarWriter writer, CancellationToken cancellationToken)
    {
        await writer.BeginEntryAsync(entry with { Extents = null }, cancellationToken).ConfigureAwait(false);
        if (entry.Kind != TarEntryKind.File)
        {
            return;
        }

        var (position, rest) = (0L, ReadOnlyMemory<byte>.Empty);
        foreach (var extent in entry.Extents ?? [new TarExtent(0, entry.Size)])
        {
            await FillAsync(writer, extent.Offset - position, cancellationToken).ConfigureAwait(false);
            for (var left = extent.Length; left > 0;)
            {
                // A piece may reach over the end of a stretch: stretches follow each other without a gap.
                rest = rest.IsEmpty ? await reader.ReadDataAsync(cancellationToken).ConfigureAwait(false) : rest;
                if (rest.IsEmpty)
                {
                    throw GantryException.DataCorrupt("unexpected EOF");
                }

                var here = rest[..(int)Math.Min(left, rest.Length)];
                await writer.WriteDataAsync(here, cancellationToken).ConfigureAwait(false);
                left -= here.Length;
                rest = rest[here.Length..];
            }

            position = extent.Offset + extent.Length;
        }

        await FillAsync(writer, entry.Size - position, cancellationToken).ConfigureAwait(false);
    }

    private static async Task FillAsync(TarWriter writer, long zeros, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(Math.Max(zeros, 0), 64 << 10)];
        for (; zeros > 0; zeros -= buffer.Length)
        {
            await writer.WriteDataAsync(buffer.AsMemory(0, (int)Math.Min(zeros, buffer.Length)), cancellationToken).ConfigureAwait(false);
        }
    }
}
