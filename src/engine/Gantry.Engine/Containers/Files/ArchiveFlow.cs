using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.IO.Compression;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Files;

/// <summary>How <c>docker cp</c> into a container unpacks.</summary>
/// <param name="KeepKind">Refuse to replace a directory by something else and the other way round.</param>
/// <param name="CopyOwner">Give everything the owner that the container's user is, if it has one.</param>
public sealed record ExtractRequest(string Path, bool KeepKind, bool CopyOwner);

/// <summary>Copies files out of and into containers, running or not.</summary>
internal sealed class ArchiveFlow(EngineCore core)
{
    /// <exception cref="GantryException">NotFound in Docker's words.</exception>
    internal async Task<PathStat> StatAsync(Container container, string reference, string path)
    {
        using var use = await OpenAsync(container).ConfigureAwait(false);
        return Stat(use.View, reference, path).Stat;
    }

    /// <summary>Opens a path for packing: found now, packed later. The caller disposes the result.</summary>
    /// <exception cref="GantryException">NotFound in Docker's words.</exception>
    internal async Task<OpenArchive> OpenArchiveAsync(Container container, string reference, string path)
    {
        var use = await OpenAsync(container).ConfigureAwait(false);
        try
        {
            var (stat, parsed, isDirectory) = Stat(use.View, reference, path);
            core.Publish(container, "archive-path");
            return new OpenArchive(use, stat, parsed, isDirectory, core.Settings.Ids);
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>Unpacks a tar (compressed or not) into a directory.</summary>
    /// <exception cref="GantryException">NotFound; InvalidArgument: not a directory, not a tar; Forbidden: read-only.</exception>
    internal async Task ExtractAsync(Container container, string reference, ExtractRequest request, Stream archive, CancellationToken cancellationToken)
    {
        var path = ContainerPath.Parse(request.Path);
        using var use = await OpenAsync(container).ConfigureAwait(false);
        var directory = use.View.TryOpen(path.Clean, OpenAtFlags.Directory);
        if (directory < 0)
        {
            throw directory == -Errno.ENOTDIR
                ? GantryException.InvalidArgument("extraction point is not a directory")
                : NotFound(reference, request.Path);
        }

        try
        {
            CheckWritable(container.Record, use.View.PathOf(directory));
            var options = new TreeWriterOptions
            {
                KeepKind = request.KeepKind,
                Owner = request.CopyOwner ? OwnerOf(use.View, container.Record.Config.User) : null,
                Ids = core.Settings.Ids,
            };
            await using var plain = await Decompression.OpenAsync(archive, leaveOpen: true, cancellationToken).ConfigureAwait(false);
            await ExtractAsync(plain, directory, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FileAt.Close(directory);
        }

        core.Publish(container, "extract-to-dir");
    }

    /// <exception cref="GantryException">Internal, as Docker has it: what the archive asks for can't be done.</exception>
    private static async Task ExtractAsync(Stream archive, int directory, TreeWriterOptions options, CancellationToken cancellationToken)
    {
        const string Prefix = "invalid tar: ";
        try
        {
            await TarExtractor.ExtractAsync(archive, directory, options, cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e) when (e.Kind is ErrorKind.InvalidArgument or ErrorKind.DataCorrupt)
        {
            throw GantryException.Internal(e.Message.StartsWith(Prefix, StringComparison.Ordinal) ? e.Message[Prefix.Length..] : e.Message, e);
        }
    }

    /// <summary>Writes the whole root file system, without what is mounted in it, as <c>docker export</c> does.</summary>
    internal async Task ExportAsync(Container container, Stream destination, CancellationToken cancellationToken)
    {
        using var use = await OpenAsync(container, withMounts: false).ConfigureAwait(false);
        core.Publish(container, "export");
        using var writer = new TarWriter(destination);
        await TreePacker.PackAsync(use.View.Root, writer, new TreePackerOptions { Ids = core.Settings.Ids }, cancellationToken).ConfigureAwait(false);
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    internal static GantryException NotFound(string reference, string path) =>
        GantryException.NotFound($"Could not find the file {path} in container {reference}");

    /// <summary>A container that doesn't run is kept from being started meanwhile: two mounts of one layer are not defined.</summary>
    private async Task<ViewUse> OpenAsync(Container container, bool withMounts = true)
    {
        var gate = await container.Gate.AcquireAsync().ConfigureAwait(false);
        try
        {
            var view = await Task.Run(() => FileSystemView.Open(core, container.Record, withMounts)).ConfigureAwait(false);
            if (container.State.IsActive)
            {
                gate.Dispose();
                return new ViewUse(view, null);
            }

            return new ViewUse(view, gate);
        }
        catch
        {
            gate.Dispose();
            throw;
        }
    }

    private static (PathStat Stat, ContainerPath Path, bool IsDirectory) Stat(FileSystemView view, string reference, string path)
    {
        var parsed = ContainerPath.Parse(path);
        var flags = parsed.MustBeDirectory ? OpenAtFlags.Path | OpenAtFlags.Directory : OpenAtFlags.Path | OpenAtFlags.NoFollow;
        var fd = view.TryOpen(parsed.Clean, flags);
        if (fd < 0)
        {
            throw fd == -Errno.ENOTDIR ? GantryException.Internal($"lstat {path}: not a directory") : NotFound(reference, path);
        }

        try
        {
            var status = FileAt.Stat(fd);
            var target = status.Kind == FileKind.Symlink ? Links.Resolve(view, parsed.Clean) : string.Empty;
            return (PathStat.Of(parsed.GivenName, status, target), parsed, status.IsDirectory);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private static void CheckWritable(ContainerRecord record, string path)
    {
        var mount = record.Mounts.Where(m => path == m.Destination || path.StartsWith(m.Destination + "/", StringComparison.Ordinal))
            .MaxBy(m => m.Destination.Length);
        if (mount is { ReadWrite: false })
        {
            throw new GantryException(ErrorKind.Forbidden, "mounted volume is marked read-only");
        }

        if (mount is null && record.HostConfig.ReadonlyRootfs == true)
        {
            throw new GantryException(ErrorKind.Forbidden, "container rootfs is marked read-only");
        }
    }

    /// <summary>The container's user by its own user database; null, which keeps the archive's owners, for a container that has none.</summary>
    /// <exception cref="GantryException">InvalidArgument: there is no such user.</exception>
    private static (uint UserId, uint GroupId)? OwnerOf(FileSystemView view, string? user)
    {
        if (string.IsNullOrEmpty(user))
        {
            return null;
        }

        try
        {
            var found = Gantry.Runtime.Spec.UserResolver.Resolve($"/proc/self/fd/{view.Root}", user);
            return (found.Uid, found.Gid);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument(e.Message, e);
        }
    }
}
