using System.Text;
using Gantry.Build.Files;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Build.Copying;

/// <summary>Carries out a COPY or ADD on a layer.</summary>
internal sealed class LayerCopy(CopySpec spec, LayerWriter layer, CancellationToken cancellationToken)
{
    private const int InlineMode = 0x1a4;
    private readonly CopyOwner? _owner = spec.Chown.Length > 0 ? Owner(spec, layer) : spec.KeepOwner ? null : new CopyOwner(0, 0);

    public async Task RunAsync(CopySources sources, ISourceTree tree)
    {
        var copier = new TreeCopier(tree, layer, _owner, spec.Mode, spec.LeftOut(), cancellationToken);
        foreach (var (file, name) in sources.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.IsDirectory)
            {
                CopyDirectory(copier, file);
            }
            else if (!(file.IsDownload ? spec.UnpackDownloads : spec.Unpack) || !await TryUnpackAsync(tree, file).ConfigureAwait(false))
            {
                copier.Copy(file with { LinkKey = 0 }, FilePlace(name, file));
            }
        }

        foreach (var (name, content) in spec.Inline)
        {
            layer.PutFile(FilePlace(name, null), spec.Mode?.Apply(InlineMode, isDirectory: false) ?? InlineMode, _owner ?? default, Now(),
                fd => FileData.WriteAll(fd, Encoding.UTF8.GetBytes(content)));
        }
    }

    private void CopyDirectory(TreeCopier copier, SourceFile directory)
    {
        var destination = layer.Resolve(spec.Parents ? GoPath.Join(spec.Destination, directory.Path) : spec.Destination);
        MakeDirectories(destination, "failed to copy directory");
        copier.CopyContents(directory, destination);
    }

    /// <summary>Where a single file goes: below the destination when that is, or is said to be, a directory; else exactly there.</summary>
    private string FilePlace(string name, SourceFile? file)
    {
        var destination = layer.Resolve(spec.Destination);
        if (spec.Parents && file is not null)
        {
            destination = layer.Resolve(GoPath.Join(spec.Destination, file.Path));
        }
        else if (spec.Destination.EndsWith('/') || layer.IsDirectory(destination))
        {
            destination = RootedPath.Join(destination, name);
        }

        MakeDirectories(RootedPath.Parent(destination), "failed to create new directory");
        return destination;
    }

    private void MakeDirectories(string path, string failure)
    {
        try
        {
            // BuildKit gives an octal mode to all it makes.
            layer.MakeDirectories(path, _owner ?? default, spec.Style.IsBuildKit && spec.Mode is { IsOctal: true } mode ? mode.Apply(0, isDirectory: true) : null);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.InvalidArgument)
        {
            throw spec.Style.IsBuildKit ? GantryException.InvalidArgument($"cannot copy to non-directory: /{path}", e) : GantryException.InvalidArgument($"failed to copy files: {failure}: {e.Message}", e);
        }
    }

    private async Task<bool> TryUnpackAsync(ISourceTree tree, SourceFile file)
    {
        if (file.Kind != FileKind.File)
        {
            return false;
        }

        await using (var content = tree.OpenRead(file))
        {
            if (!await ArchiveExtractor.IsArchiveAsync(content, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        await using var again = tree.OpenRead(file);
        await new ArchiveExtractor(layer).ExtractAsync(again, layer.Resolve(spec.Destination), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static CopyOwner Owner(CopySpec spec, LayerWriter layer) =>
        spec.Style.IsBuildKit ? OwnerLookup.FindLeniently(spec.Chown, layer.Below) : OwnerLookup.Find(spec.Chown, layer.Below);

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
}
