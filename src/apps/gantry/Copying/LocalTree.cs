using Gantry.Apps.Cli.Running;
using Gantry.Errors;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Apps.Cli.Copying;

/// <summary>The local end of a copy.</summary>
internal static class LocalTree
{
    /// <summary>What a local path is, for a source. Links are followed only where asked for, or where the path says that it is a directory.</summary>
    public static CopyInfo Source(string path, bool followLink)
    {
        var full = CopyPaths.Absolute(path);
        if (FileAt.TryStat(FileAt.CurrentDirectory, CopyPaths.IsContentsOnly(full) ? full[..^1] : full.TrimEnd('/') is { Length: > 0 } bare ? bare : "/", out var status, followLink || CopyPaths.AssertsDirectory(full)) != 0)
        {
            throw CopyPaths.IsContentsOnly(full) && File.Exists(full[..^1].TrimEnd('/'))
                ? GantryException.InvalidArgument("not a directory")
                : GantryException.NotFound($"lstat {full.TrimEnd('/')}: no such file or directory");
        }

        return CopyPaths.AssertsDirectory(full) && !status.IsDirectory
            ? throw GantryException.InvalidArgument("not a directory")
            : new CopyInfo(full, Exists: true, status.IsDirectory);
    }

    /// <summary>What a local path is, for a destination; links are followed to their end, also to one that isn't there yet.</summary>
    public static CopyInfo Destination(string path)
    {
        var full = CopyPaths.Absolute(path);
        for (var links = 0; links < 10; links++)
        {
            var bare = full.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/";
            if (FileAt.TryStat(FileAt.CurrentDirectory, bare, out var status) != 0)
            {
                var parent = CopyPaths.Split(full).Directory;
                return Directory.Exists(parent)
                    ? new CopyInfo(full, Exists: false, IsDirectory: false)
                    : throw GantryException.InvalidArgument($"invalid output path: directory \"{parent}\" does not exist");
            }

            if (status.Kind != FileKind.Symlink)
            {
                return new CopyInfo(full, Exists: true, status.IsDirectory);
            }

            FileAt.Check(FileAt.TryReadLink(FileAt.CurrentDirectory, bare, out var target), "readlink", bare);
            full = CopyPaths.Absolute(Path.Combine(CopyPaths.Split(bare).Directory, target));
        }

        throw GantryException.InvalidArgument($"{path}: too many levels of symbolic links");
    }

    /// <summary>Writes a source as tar; its first names are those of the plan.</summary>
    /// <returns>Bytes written.</returns>
    public static async Task<long> PackAsync(CopyInfo source, CopyPlan plan, bool followLink, Stream target, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(target);
        var contentsOnly = plan.SourceName == ".";
        var root = contentsOnly ? plan.NewName ?? "" : plan.NewName ?? plan.SourceName;
        var options = new TreePackerOptions { RootName = root, WholeSeconds = false };
        if (source.IsDirectory)
        {
            var directory = FileAt.OpenDirectory(contentsOnly ? CopyPaths.Split(source.Path).Directory : source.Path);
            try
            {
                await TreePacker.PackAsync(directory, writer, options, cancellationToken);
            }
            finally
            {
                FileAt.Close(directory);
            }
        }
        else
        {
            await PackFileAsync(source.Path, followLink, writer, options, cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
        return writer.Position;
    }

    /// <summary>Unpacks a container's archive. Files belong to whoever runs us, as docker has it.</summary>
    public static async Task UnpackAsync(Stream archive, CopyPlan plan, CancellationToken cancellationToken)
    {
        var root = FileAt.OpenDirectory(plan.Directory);
        try
        {
            using var reader = new TarReader(archive);
            using var writer = new TreeWriter(root, new TreeWriterOptions { Owner = (UserIdentity.EffectiveUser, UserIdentity.EffectiveGroup), KeepKind = true });
            while (await reader.ReadEntryAsync(cancellationToken) is { } entry)
            {
                await PlaceAsync(writer, entry, reader, plan, cancellationToken);
            }

            writer.Finish();
        }
        catch (LinuxException e)
        {
            throw e.ToGantry($"unpack to {plan.Directory}");
        }
        finally
        {
            FileAt.Close(root);
        }
    }

    private static async Task PlaceAsync(TreeWriter writer, TarEntry entry, TarReader reader, CopyPlan plan, CancellationToken cancellationToken)
    {
        var name = TreePath.Normalize(entry.Name);
        if (plan.Rename(name) is not { } path)
        {
            throw GantryException.DataCorrupt($"the archive has an entry {TreePath.Printable(entry.Name)} that is not part of what was asked for");
        }

        if (path.Length == 0 && entry.Kind == TarEntryKind.Directory)
        {
            return;
        }

        var renamed = entry.Kind == TarEntryKind.Hardlink ? entry with { LinkName = plan.Rename(TreePath.Normalize(entry.LinkName)) ?? entry.LinkName } : entry;
        if (!await writer.PlaceAsync(path, renamed, reader, cancellationToken))
        {
            throw GantryException.DataCorrupt($"invalid hard link \"{TreePath.Printable(entry.Name)}\" -> \"{TreePath.Printable(entry.LinkName)}\"");
        }
    }

    private static async Task PackFileAsync(string path, bool followLink, TarWriter writer, TreePackerOptions options, CancellationToken cancellationToken)
    {
        var (folder, name) = CopyPaths.Split(followLink ? RealPath(path) : path);
        var directory = FileAt.OpenDirectory(folder);
        try
        {
            await TreePacker.PackNodeAsync(directory, name, writer, options, cancellationToken);
        }
        finally
        {
            FileAt.Close(directory);
        }
    }

    private static string RealPath(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException e)
        {
            throw GantryException.NotFound($"lstat {path}: {FileErrors.Describe(e)}", e);
        }
    }
}
