using Gantry.Errors;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer;

/// <summary>A registry whose images are kept here when they are asked for.</summary>
/// <param name="Prefix">Repositories <c>PREFIX/NAME</c> here are its <c>NAME</c>; empty for the one behind every name that nothing was pushed to.</param>
/// <param name="Address">Where it is; ends in a slash.</param>
public sealed record RegistryUpstream(string Prefix, Uri Address)
{
    /// <summary>Reads <c>[PREFIX=]URL</c>.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static RegistryUpstream Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        var (prefix, url) = equals > 0 && equals < colon ? (text[..equals], text[(equals + 1)..]) : (string.Empty, text);
        return (prefix.Length == 0 || RepositoryName.TryParse(prefix, out _))
            && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? new RegistryUpstream(prefix, uri.AbsoluteUri.EndsWith('/') ? uri : new Uri(uri.AbsoluteUri + "/"))
            : throw GantryException.InvalidArgument($"invalid upstream \"{text}\": expected [PREFIX=]URL, the prefix a repository's name and the URL http or https without user and query");
    }
}
