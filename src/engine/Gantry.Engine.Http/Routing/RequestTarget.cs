using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Routing;

/// <summary>A request's path taken apart: version prefix and decoded segments.</summary>
/// <param name="Version">Null when the path has none.</param>
internal sealed record RequestTarget(ApiVersion? Version, string[] Segments, string Path)
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

        var decoded = path.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(path) : path;
        var segments = decoded.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return segments.Length > 0 && ApiVersion.TryParseSegment(segments[0], out var version)
            ? new RequestTarget(version, segments[1..], decoded)
            : new RequestTarget(null, segments, decoded);
    }
}
