using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Routing;

/// <summary>A request's path taken apart: version prefix and decoded segments.</summary>
/// <param name="Version">Null when the path has none.</param>
/// <param name="VersionText">The version as the client wrote it.</param>
/// <param name="Segments">A slash at the end makes an empty last segment.</param>
/// <param name="Redirect">Where the client is sent when the path has empty or dot segments; null when it has none.</param>
internal sealed record RequestTarget(ApiVersion? Version, string VersionText, string[] Segments, string Path, string? Redirect)
{
    /// <summary>
    /// Works on the raw target, since Kestrel keeps <c>%2F</c> encoded and clients send image names either way: a slash is a slash here,
    /// as it is for Go's server.
    /// </summary>
    internal static RequestTarget Parse(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = raw.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? raw : raw[..query];
        if (!path.StartsWith('/'))
        {
            path = context.Request.Path.Value ?? "/";
        }

        var decoded = path.Contains('%', StringComparison.Ordinal) ? Decode(path) : path;
        var segments = decoded.Split('/')[1..];
        var redirect = IsClean(segments) ? null : Clean(segments) + (query < 0 ? string.Empty : raw[query..]);
        return ApiVersion.TryParseSegment(segments[0], out var version)
            ? new RequestTarget(version, segments[0][1..], segments[1..], decoded, redirect)
            : new RequestTarget(null, string.Empty, segments, decoded, redirect);
    }

    private static bool IsClean(string[] segments) => !segments.AsSpan(0, segments.Length - 1).Contains(string.Empty) && !segments.Any(s => s is "." or "..");

    /// <summary>As Go's path.Clean, with a slash at the end kept.</summary>
    private static string Clean(string[] segments)
    {
        var clean = new List<string>();
        foreach (var segment in segments)
        {
            if (segment == "..")
            {
                clean.RemoveRange(Math.Max(0, clean.Count - 1), Math.Min(1, clean.Count));
            }
            else if (segment is not ("" or "."))
            {
                clean.Add(Uri.EscapeDataString(segment).Replace("%3A", ":", StringComparison.Ordinal));
            }
        }

        return "/" + string.Join('/', clean) + (segments[^1].Length == 0 && clean.Count > 0 ? "/" : string.Empty);
    }

    /// <summary>Percent-decodes; bytes that are no UTF-8 become U+FFFD.</summary>
    private static string Decode(string path)
    {
        var bytes = new List<byte>(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                bytes.Add(Convert.FromHexString(path.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(path, i, 1));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
