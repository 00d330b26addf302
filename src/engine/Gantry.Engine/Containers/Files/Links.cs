using Gantry.Engine.Containers.Mounts;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Files;

/// <summary>Where a symbolic link leads inside a container.</summary>
internal static class Links
{
    private const int MaxLinks = 255;

    /// <summary>The fully resolved path; parts that don't exist stay as they are.</summary>
    /// <exception cref="GantryException">Internal in Docker's words: a loop.</exception>
    internal static string Resolve(FileSystemView view, string path)
    {
        var pending = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var resolved = "/";
        var links = 0;
        while (pending.TryPop(out var part))
        {
            var next = CleanPath.Of(resolved + "/" + part);
            if (part is "." or ".." || ReadLink(view, next) is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw GantryException.Internal($"evalSymlinksInScope: too many links in {path}");
            }

            if (target.StartsWith('/'))
            {
                resolved = "/";
            }

            foreach (var piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                pending.Push(piece);
            }
        }

        return resolved;
    }

    private static string? ReadLink(FileSystemView view, string path)
    {
        var fd = view.TryOpen(path, OpenAtFlags.Path | OpenAtFlags.NoFollow);
        if (fd < 0)
        {
            return null;
        }

        try
        {
            return FileAt.TryReadLink(fd, string.Empty, out var target) == 0 ? target : null;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }
}
