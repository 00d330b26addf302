using System.Buffers;

namespace Gantry.Oci;

/// <summary>The grammar of distribution's reference package, by hand: linear in the input, no regular expressions, bounded length.</summary>
internal static class ReferenceGrammar
{
    private const int MaxNameLength = 255;
    private const int MaxReferenceLength = 4096;
    private const string InvalidFormat = "invalid reference format";
    private static readonly SearchValues<char> s_word = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    private static readonly SearchValues<char> s_tag = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> s_anyHex = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Returns null and the parts, or Docker's error text.</summary>
    internal static string? TryParse(string text, out Parts parts)
    {
        parts = default;
        if (text.Length == 64 && !text.AsSpan().ContainsAnyExcept(s_hex))
        {
            return $"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings";
        }

        if (text.Length is 0 or > MaxReferenceLength)
        {
            return InvalidFormat;
        }

        var rest = text;
        var digest = default(Digest);
        var at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (!Digest.TryParse(rest[(at + 1)..], out digest))
            {
                return DigestError(rest[(at + 1)..]);
            }

            rest = rest[..at];
        }

        var (domain, remainder) = SplitDomain(rest);
        var colon = remainder.IndexOf(':', StringComparison.Ordinal);
        var path = colon < 0 ? remainder : remainder[..colon];
        var tag = colon < 0 ? null : remainder[(colon + 1)..];
        if (path.AsSpan().ContainsAnyInRange('A', 'Z'))
        {
            return $"{InvalidFormat}: repository name ({path}) must be lowercase";
        }

        if (!IsPath(path) || (tag is not null && !IsTag(tag)) || !IsDomain(domain))
        {
            return InvalidFormat;
        }

        if (path.Length + domain.Length + 1 > MaxNameLength)
        {
            return $"repository name must not be more than {MaxNameLength} characters";
        }

        parts = new Parts(domain, path, tag, digest);
        return null;
    }

    internal static bool IsTag(string tag) => tag.Length is > 0 and <= 128 && s_word.Contains(tag[0]) && !tag.AsSpan().ContainsAnyExcept(s_tag);

    /// <summary>The first component is a registry when it has a dot or colon, is "localhost" or has upper-case letters.</summary>
    private static (string Domain, string Remainder) SplitDomain(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !LooksLikeDomain(text[..slash]))
        {
            return (ImageReference.DefaultDomain, slash < 0 ? "library/" + text : text);
        }

        var (domain, remainder) = (text[..slash], text[(slash + 1)..]);
        if (domain is "index.docker.io" or ImageReference.DefaultDomain)
        {
            return (ImageReference.DefaultDomain, remainder.Contains('/', StringComparison.Ordinal) ? remainder : "library/" + remainder);
        }

        return (domain, remainder);
    }

    private static bool LooksLikeDomain(string first) =>
        first.AsSpan().ContainsAny(".:") || first == "localhost" || first.AsSpan().ContainsAnyInRange('A', 'Z');

    private static string DigestError(string digest)
    {
        var colon = digest.IndexOf(':', StringComparison.Ordinal);
        var known = colon > 0 && digest[..colon] is "sha256" or "sha384" or "sha512";
        return colon > 0 && digest.Length - colon > 32 && !digest.AsSpan(colon + 1).ContainsAnyExcept(s_anyHex)
            ? known ? "invalid checksum digest length" : "unsupported digest algorithm"
            : InvalidFormat;
    }

    /// <summary>host labels or an IPv6 literal in brackets, with an optional port.</summary>
    private static bool IsDomain(string domain)
    {
        var host = domain;
        var colon = domain.LastIndexOf(':');
        if (colon >= 0 && !domain.EndsWith(']'))
        {
            if (colon == domain.Length - 1 || domain.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            host = domain[..colon];
        }

        if (host.StartsWith('['))
        {
            return host.EndsWith(']') && System.Net.IPAddress.TryParse(host[1..^1], out var address)
                && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        }

        return host.Split('.').All(IsDomainLabel);
    }

    private static bool IsDomainLabel(string label) =>
        label.Length > 0 && char.IsAsciiLetterOrDigit(label[0]) && char.IsAsciiLetterOrDigit(label[^1])
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static bool IsPath(string path) => path.Split('/').All(IsPathComponent);

    /// <summary>Lower-case alphanumerics joined by one dot, one or two underscores, or any number of dashes.</summary>
    private static bool IsPathComponent(string component)
    {
        var i = 0;
        while (true)
        {
            var start = i;
            while (i < component.Length && (char.IsAsciiLetterLower(component[i]) || char.IsAsciiDigit(component[i])))
            {
                i++;
            }

            if (i == start)
            {
                return false;
            }

            if (i == component.Length)
            {
                return true;
            }

            var separator = component[i];
            var length = 0;
            while (i < component.Length && component[i] == separator)
            {
                i++;
                length++;
            }

            if (!(separator == '-' || (separator == '.' && length == 1) || (separator == '_' && length <= 2)))
            {
                return false;
            }
        }
    }

    internal readonly record struct Parts(string Domain, string Path, string? Tag, Digest Digest);
}
