namespace Gantry.Engine.Daemon;

/// <summary>A proxy's address as it may be shown.</summary>
public static class ProxyAddress
{
    /// <summary>
    /// Credentials in a proxy's address are nobody's business: they become <c>xxxxx:xxxxx</c>, even in what is no proper URL. Anything without
    /// them stays as it is.
    /// </summary>
    public static string WithoutCredentials(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var scheme = address.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + 3;
        var end = address.IndexOfAny(['/', '?', '#'], start);
        var authority = address.AsSpan(start, (end < 0 ? address.Length : end) - start);
        var at = authority.LastIndexOf('@');
        return at < 0 ? address : string.Concat(address.AsSpan(0, start), "xxxxx:xxxxx", address.AsSpan(start + at));
    }
}
