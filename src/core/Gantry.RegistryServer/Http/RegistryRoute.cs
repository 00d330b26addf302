namespace Gantry.RegistryServer.Http;

/// <summary>What a path of the distribution API names.</summary>
internal enum RouteKind
{
    None,
    Base,
    Catalog,
    Token,
    Health,
    Metrics,
    Tags,
    Manifest,
    Blob,
    Uploads,
    Upload,
    Referrers,
}

/// <summary>A parsed path: the kind, the repository's name as sent, and the last component (reference, digest or upload id).</summary>
internal readonly record struct RegistryRoute(RouteKind Kind, string Name, string Reference)
{
    private const string Prefix = "/v2/";

    /// <summary>Repository names have slashes themselves, so a path is read from its end.</summary>
    internal static RegistryRoute Parse(string path)
    {
        if (path is "/v2" or Prefix)
        {
            return new RegistryRoute(RouteKind.Base, string.Empty, string.Empty);
        }

        if (path == "/token")
        {
            return new RegistryRoute(RouteKind.Token, string.Empty, string.Empty);
        }

        if (path is "/healthz" or "/metrics")
        {
            return new RegistryRoute(path == "/healthz" ? RouteKind.Health : RouteKind.Metrics, string.Empty, string.Empty);
        }

        return path.StartsWith(Prefix, StringComparison.Ordinal) ? ParseRest(path[Prefix.Length..]) : default;
    }

    private static RegistryRoute ParseRest(string rest)
    {
        if (rest == "_catalog")
        {
            return new RegistryRoute(RouteKind.Catalog, string.Empty, string.Empty);
        }

        if (TryCut(rest, "/tags/list", out var name))
        {
            return new RegistryRoute(RouteKind.Tags, name, string.Empty);
        }

        if (TryCut(rest, "/blobs/uploads/", out name) || TryCut(rest, "/blobs/uploads", out name))
        {
            return new RegistryRoute(RouteKind.Uploads, name, string.Empty);
        }

        var slash = rest.LastIndexOf('/');
        if (slash < 0)
        {
            return default;
        }

        var (head, last) = (rest[..slash], rest[(slash + 1)..]);
        return TryCut(head, "/manifests", out name) ? new RegistryRoute(RouteKind.Manifest, name, last)
            : TryCut(head, "/blobs/uploads", out name) ? new RegistryRoute(RouteKind.Upload, name, last)
            : TryCut(head, "/blobs", out name) ? new RegistryRoute(RouteKind.Blob, name, last)
            : TryCut(head, "/referrers", out name) ? new RegistryRoute(RouteKind.Referrers, name, last)
            : default;
    }

    private static bool TryCut(string text, string suffix, out string head)
    {
        var found = text.Length > suffix.Length && text.EndsWith(suffix, StringComparison.Ordinal);
        head = found ? text[..^suffix.Length] : string.Empty;
        return found;
    }
}
