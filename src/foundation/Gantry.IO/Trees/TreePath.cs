using System.Text;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>Paths below a root, written without leading slash, <c>.</c> or <c>..</c>; the root itself is empty.</summary>
public static class TreePath
{
    /// <summary>Deeper trees than PATH_MAX can name are refused.</summary>
    private const int MaxBytes = 4095;
    private const int MaxNameBytes = 255;

    /// <summary>
    /// Normalises a path from an archive. An absolute one counts from the root; <c>..</c> is resolved by its text.
    /// </summary>
    /// <exception cref="GantryException">DataCorrupt: it leads out of the root, or is longer than the kernel allows.</exception>
    public static string Normalize(string path)
    {
        if (IsNormal(path))
        {
            return path;
        }

        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part != "..")
            {
                CheckName(part, path);
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else
            {
                throw GantryException.DataCorrupt($"invalid path \"{Printable(path)}\": it is outside of the root");
            }
        }

        var result = string.Join('/', parts);
        return result.Length <= MaxBytes / 3 || LinuxPath.Encode(result).Length <= MaxBytes
            ? result
            : throw GantryException.DataCorrupt($"invalid path \"{Printable(path)}\": file name too long");
    }

    /// <summary>Directory part and last component.</summary>
    public static (string Directory, string Name) Split(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? (string.Empty, path) : (path[..slash], path[(slash + 1)..]);
    }

    public static string Join(string directory, string name) => directory.Length == 0 ? name : directory + "/" + name;

    /// <summary>A path for a message: shortened, escapes for what isn't printable.</summary>
    public static string Printable(string path)
    {
        var text = new StringBuilder();
        foreach (var c in path.Length > 200 ? path[..200] + "..." : path)
        {
            _ = char.IsControl(c) || char.IsSurrogate(c) ? text.Append('?') : text.Append(c);
        }

        return text.ToString();
    }

    /// <summary>The common case, without allocation: short, relative, no empty or dot components.</summary>
    private static bool IsNormal(string path)
    {
        if (path.Length is 0 or > MaxNameBytes / 3 || path[0] == '/' || path[^1] == '/')
        {
            return false;
        }

        return path[0] != '.' && !path.Contains("/.", StringComparison.Ordinal) && !path.Contains("//", StringComparison.Ordinal);
    }

    private static void CheckName(string name, string path)
    {
        if (name.Length > MaxNameBytes / 3 && LinuxPath.Encode(name).Length > MaxNameBytes)
        {
            throw GantryException.DataCorrupt($"invalid path \"{Printable(path)}\": file name too long");
        }
    }
}
