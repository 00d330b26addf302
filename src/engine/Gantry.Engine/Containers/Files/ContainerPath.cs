using Gantry.Engine.Containers.Mounts;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Files;

/// <summary>A path as <c>docker cp</c> gives it: absolute or not, and with a meaning in a trailing slash or dot.</summary>
/// <param name="Clean">Absolute and cleaned.</param>
/// <param name="IsContents">Its last part is a dot (slashes may follow): the contents of the directory.</param>
/// <param name="MustBeDirectory">It ended in a slash or dot, which follows a link at its end.</param>
internal sealed record ContainerPath(string Clean, bool IsContents, bool MustBeDirectory)
{
    internal string BaseName => Clean == "/" ? "/" : Clean[(Clean.LastIndexOf('/') + 1)..];

    /// <summary>The last part as it was given, which may be a dot or two.</summary>
    internal string GivenName { get; private init; } = "/";

    internal string Parent => Clean == "/" ? "/" : Clean[..Math.Max(1, Clean.LastIndexOf('/'))];

    /// <exception cref="GantryException">InvalidArgument in Docker's words, its missing space included: the path is empty.</exception>
    internal static ContainerPath Parse(string path)
    {
        if (path.Length == 0)
        {
            throw GantryException.InvalidArgument("bad parameter: pathcannot be empty");
        }

        var contents = path.TrimEnd('/') is var name && (name == "." || name.EndsWith("/.", StringComparison.Ordinal));
        return new ContainerPath(CleanPath.Of(path), contents, contents || path.EndsWith('/'))
        {
            GivenName = path.Split('/', StringSplitOptions.RemoveEmptyEntries) is [.., var last] ? last : "/",
        };
    }
}
