using System.Text;
using System.Text.RegularExpressions;
using Gantry.Dockerfile;
using Gantry.Errors;

namespace Gantry.Build.Context;

/// <summary>
/// What the classic builder takes a URL's content for: by what the server calls it, and only where it calls it nothing, or just bytes, by its beginning (moby,
/// builder/remotecontext).
/// </summary>
internal static partial class RemoteContent
{
    /// <summary>Of these bytes the beginning is judged.</summary>
    public const int HeadSize = 100;

    private const string Bytes = "application/octet-stream";
    private const string Text = "text/plain";

    /// <summary>Whether it is a Dockerfile; otherwise it is an archive.</summary>
    /// <exception cref="GantryException">Internal, as Docker has it: it is neither.</exception>
    public static bool IsDockerfile(string url, string contentType, ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            throw GantryException.Internal($"error detecting content type for remote {url}: empty response");
        }

        var type = Acceptable().Match(contentType is "" or Bytes ? Sniff(head) : contentType);
        return type.Success ? type.Value == Text
            : throw GantryException.Internal($"error detecting content type for remote {url}: unsupported Content-Type {GoText.Quote(contentType)}");
    }

    /// <summary>The part of mimesniff.spec.whatwg.org that matters here.</summary>
    private static string Sniff(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b, 8]))
        {
            return "application/x-gzip";
        }

        if (head.StartsWith("PK\x03\x04"u8))
        {
            return "application/zip";
        }

        var text = Encoding.Latin1.GetString(head.TrimStart(" \t\r\n\f"u8));
        return head.ContainsAnyInRange((byte)0, (byte)8) || head.ContainsAnyInRange((byte)0x0e, (byte)0x1a) || head.ContainsAnyInRange((byte)0x1c, (byte)0x1f) || head.Contains((byte)0x0b) ? Bytes
            : text.StartsWith("<!DOCTYPE HTML", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<HTML", StringComparison.OrdinalIgnoreCase) ? "text/html"
            : Text;
    }

    [GeneratedRegex(@"application/(?:(?:x-)?tar|octet-stream|(?:x-)?(?:gzip|bzip2?|xz))|text/plain")]
    private static partial Regex Acceptable();
}
