using System.Text;

namespace Gantry.Dockerfile;

/// <summary>Slash paths as Go's packages path and filepath treat them, on which Docker's copy and ignore rules rest.</summary>
public static class GoPath
{
    /// <summary>The shortest equivalent path: no empty, <c>.</c> or inner <c>..</c> elements; <c>.</c> for nothing.</summary>
    public static string Clean(string path)
    {
        var rooted = path.StartsWith('/');
        var kept = new List<string>();
        foreach (var element in path.Split('/'))
        {
            if (element is "" or ".")
            {
                continue;
            }

            if (element != "..")
            {
                kept.Add(element);
            }
            else if (kept.Count > 0 && kept[^1] != "..")
            {
                kept.RemoveAt(kept.Count - 1);
            }
            else if (!rooted)
            {
                kept.Add(element);
            }
        }

        var joined = string.Join('/', kept);
        return rooted ? "/" + joined : joined.Length == 0 ? "." : joined;
    }

    /// <summary>The joined and cleaned path; empty elements are left out.</summary>
    public static string Join(params ReadOnlySpan<string> elements)
    {
        var joined = new StringBuilder();
        foreach (var element in elements)
        {
            if (element.Length > 0)
            {
                joined.Append(joined.Length > 0 ? "/" : string.Empty).Append(element);
            }
        }

        return joined.Length == 0 ? string.Empty : Clean(joined.ToString());
    }

    /// <summary>The last element; <c>.</c> for nothing, <c>/</c> for slashes only.</summary>
    public static string Base(string path)
    {
        var trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? path.Length == 0 ? "." : "/" : trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    /// <summary>All but the last element, cleaned.</summary>
    public static string Directory(string path) => Clean(path[..(path.LastIndexOf('/') + 1)]);

    /// <summary>A path inside a root: cleaned as if the root were <c>/</c>, without the leading slash; empty for the root itself.</summary>
    public static string Inside(string path) => Clean("/" + path)[1..];
}
