using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>The data root's directories and who may pass through them.</summary>
internal static class DataFolders
{
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const UnixFileMode PassableForGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    /// <summary>
    /// Makes the data root as it was given and, with user namespaces, the folder in it, which only the containers' root may pass through.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument in dockerd's words: that root can't get there.</exception>
    internal static void Make(string given, string root, IdMaps? ids)
    {
        Directory.CreateDirectory(given, Passable);
        if (ids is null)
        {
            return;
        }

        File.SetUnixFileMode(given, Passable);
        Directory.CreateDirectory(root, PassableForGroup);
        File.SetUnixFileMode(root, PassableForGroup);
        var (_, group) = ids.Root;
        FileAt.Check(FileAt.TryChangeOwner(FileAt.CurrentDirectory, root, 0, group), "chown", root);
        for (var folder = Path.GetDirectoryName(root); folder is { Length: > 1 }; folder = Path.GetDirectoryName(folder))
        {
            if (!CanPass(folder, ids))
            {
                throw GantryException.InvalidArgument(
                    $"a subdirectory in your graphroot path ({root}) restricts access to the remapped root uid/gid; please fix by allowing 'o+x' permissions on existing directories");
            }
        }
    }

    private static bool CanPass(string folder, IdMaps ids)
    {
        const int OthersMay = 1;
        const int GroupMay = 8;
        const int OwnerMay = 64;
        var status = FileAt.Stat(FileAt.CurrentDirectory, folder);
        var (user, group) = ids.Root;
        return (status.Mode & OthersMay) != 0
            || (status.UserId == user && (status.Mode & OwnerMay) != 0)
            || (status.GroupId == group && (status.Mode & GroupMay) != 0);
    }
}
