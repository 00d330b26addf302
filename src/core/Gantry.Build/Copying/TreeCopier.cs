using Gantry.Build.Files;
using Gantry.Linux;

namespace Gantry.Build.Copying;

/// <summary>Copies files and directories of one tree into a layer, by the classic builder's rules.</summary>
/// <param name="owner">Of everything copied; null keeps the sources' owners.</param>
/// <param name="mode">Of files and directories copied; null keeps the sources' modes.</param>
internal sealed class TreeCopier(
    ISourceTree tree, LayerWriter layer, CopyOwner? owner, ModeChange? mode, Func<SourceFile, bool> isLeftOut, CancellationToken cancellationToken)
{
    private readonly Dictionary<ulong, string> _links = [];

    /// <summary>Copies a directory's contents into the directory at <paramref name="destination"/>, which is there.</summary>
    public void CopyContents(SourceFile directory, string destination)
    {
        foreach (var child in tree.List(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isLeftOut(child))
            {
                Copy(child, RootedPath.Join(destination, child.Name));
            }
        }
    }

    /// <summary>Copies one file of any kind to <paramref name="destination"/>; its parent is there.</summary>
    public void Copy(SourceFile file, string destination)
    {
        var newOwner = owner ?? new CopyOwner(file.UserId, file.GroupId);
        if (file.LinkKey != 0 && _links.TryGetValue(file.LinkKey, out var first) && layer.TryPutHardlink(destination, first))
        {
            return;
        }

        switch (file.Kind)
        {
            case FileKind.Directory:
                layer.PutDirectory(destination, Mode(file), newOwner);
                CopyContents(file, destination);
                layer.SetTime(destination, file.Modified);
                break;
            case FileKind.File:
                layer.PutFile(destination, Mode(file), newOwner, file.Modified, fd => tree.CopyContent(file, fd));
                break;
            case FileKind.Symlink:
                layer.PutSymlink(destination, file.LinkTarget, newOwner, file.Modified);
                break;
            case FileKind.Socket:
                // Not part of any tar, so never in an image.
                return;
            default:
                layer.PutNode(destination, file.Kind, Mode(file), newOwner, file.Modified, file.DeviceMajor, file.DeviceMinor);
                break;
        }

        if (file.LinkKey != 0)
        {
            _links.TryAdd(file.LinkKey, destination);
        }

        layer.SetXattrs(destination, tree.Xattrs(file));
    }

    /// <summary>Docker changes the owner after copying, which costs a file its setuid and, when executable by the group, setgid.</summary>
    private int Mode(SourceFile file)
    {
        if (mode is not null)
        {
            return mode.Apply(file.Mode, file.IsDirectory);
        }

        const int SetUid = 0x800;
        const int SetGid = 0x400;
        const int GroupExecute = 8;
        return owner is null || file.IsDirectory ? file.Mode
            : file.Mode & ~SetUid & ~((file.Mode & GroupExecute) != 0 ? SetGid : 0);
    }
}
