using System.Text.RegularExpressions;
using Gantry.Errors;

namespace Gantry.Engine.Http.Routing;

/// <summary>The Content-Type of requests with a JSON body.</summary>
internal static partial class MediaType
{
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void RequireJson(string header)
    {
        var parts = header.Split(';', 2);
        var media = parts[0].Trim();
        if (media.Length == 0)
        {
            throw Malformed(header, "mime: no media type");
        }

        if (parts.Length > 1 && !Parameters().IsMatch(parts[1]))
        {
            throw Malformed(header, "mime: invalid media parameter");
        }

        if (!media.Equals(Responses.Json, StringComparison.OrdinalIgnoreCase))
        {
            throw GantryException.InvalidArgument($"unsupported Content-Type header ({header}): must be 'application/json'");
        }
    }

    private static GantryException Malformed(string header, string why) =>
        GantryException.InvalidArgument($"malformed Content-Type header ({header}): {why}");

    /// <summary><c>name=value; …</c> (RFC 9110, 5.6.6), values as tokens or quoted.</summary>
    [GeneratedRegex("""^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+=([!#$%&'*+.^_`|~0-9A-Za-z-]+|"(\\.|[^"\\])*")\s*(;\s*|$))*$""", RegexOptions.NonBacktracking)]
    private static partial Regex Parameters();
}
