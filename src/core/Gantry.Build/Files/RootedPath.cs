using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Build.Files;

/// <summary>Resolves links inside a root: absolute targets start at the root, <c>..</c> stops there.</summary>
internal static class RootedPath
{
    private const int MaxLinks = 255;
    private const int MaxLength = 4096;

    /// <summary>The canonical path that <paramref name="path"/> means. What does not exist is taken as written.</summary>
    /// <param name="readLink">The target when the canonical path is a link, else null.</param>
    public static string Resolve(string path, Func<string, string?> readLink, bool followLast = true)
    {
        var done = new List<string>();
        var left = new Stack<string>(path.Split('/').Reverse());
        var links = 0;
        while (left.TryPop(out var element))
        {
            if (element is "" or "." || (element == ".." && done.Count == 0))
            {
                continue;
            }

            if (element == "..")
            {
                done.RemoveAt(done.Count - 1);
                continue;
            }

            done.Add(element);
            var here = string.Join('/', done);
            if (here.Length > MaxLength)
            {
                throw GantryException.InvalidArgument($"{path[..Math.Min(path.Length, 256)]}: file name too long");
            }

            if ((left.Count > 0 || followLast) && readLink(here) is { } target)
            {
                Follow(path, target, done, left, ref links);
            }
        }

        return string.Join('/', done);
    }

    /// <summary>The elements of a path, for opening it piece by piece.</summary>
    public static string Parent(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : string.Empty;

    public static string Join(string directory, string name) => directory.Length == 0 ? name : name.Length == 0 ? directory : $"{directory}/{name}";

    private static void Follow(string path, string target, List<string> done, Stack<string> left, ref int links)
    {
        if (++links > MaxLinks)
        {
            throw new LinuxException("stat", Errno.ELOOP, path).ToGantry("too many links");
        }

        done.RemoveAt(done.Count - 1);
        if (target.StartsWith('/'))
        {
            done.Clear();
        }

        foreach (var element in target.Split('/').Reverse())
        {
            left.Push(element);
        }
    }
}
