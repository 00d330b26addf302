using Gantry.Errors;

namespace Gantry.Apps.Cli.Copying;

/// <summary>What is known of one end.</summary>
/// <param name="Path">As given, with its meaningful ending.</param>
internal readonly record struct CopyInfo(string Path, bool Exists, bool IsDirectory);

/// <summary>Where a copy goes: the directory to unpack in, and the name that the source's own name becomes (null: it stays).</summary>
/// <param name="SourceName">First component of the archive's names; "." where they begin with what is in the source.</param>
internal readonly record struct CopyPlan(string Directory, string SourceName, string? NewName)
{
    /// <summary>The rules of docker cp's reference ("SRC_PATH does specify a file ...").</summary>
    /// <exception cref="GantryException">The ends don't fit.</exception>
    public static CopyPlan Make(CopyInfo source, CopyInfo destination)
    {
        var (_, sourceName) = CopyPaths.Split(source.Path);
        var (parent, name) = CopyPaths.Split(destination.Path);
        if (destination is { Exists: true, IsDirectory: true })
        {
            return new CopyPlan(destination.Path, sourceName, null);
        }

        if (destination.Exists && source.IsDirectory)
        {
            throw GantryException.InvalidArgument("cannot copy directory");
        }

        if (destination.Exists)
        {
            return CopyPaths.AssertsDirectory(destination.Path)
                ? throw GantryException.InvalidArgument("not a directory")
                : new CopyPlan(parent, sourceName, name);
        }

        if (!source.IsDirectory && CopyPaths.AssertsDirectory(destination.Path))
        {
            throw GantryException.InvalidArgument("no such directory");
        }

        return new CopyPlan(parent, sourceName, name);
    }

    /// <summary>An archive's name after the copy; null for a name that is outside of the source.</summary>
    public string? Rename(string entry)
    {
        if (NewName is null)
        {
            return entry;
        }

        if (SourceName == ".")
        {
            return entry.Length == 0 ? NewName : $"{NewName}/{entry}";
        }

        return entry == SourceName ? NewName
            : entry.StartsWith(SourceName + "/", StringComparison.Ordinal) ? NewName + entry[SourceName.Length..]
            : null;
    }
}
