using Gantry.Errors;
using Gantry.Oci;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Proxy;

/// <summary>
/// Which upstream is behind a repository's name: the one whose prefix it begins with, or, where nothing was pushed to it, the one without a
/// prefix. <c>?ns=REGISTRY</c>, by which containerd tells a mirror whose image it wants, counts as the prefix.
/// </summary>
internal sealed class UpstreamTable
{
    private readonly IReadOnlyList<Upstream> _upstreams;
    private readonly RepositoryOrigins _origins;

    /// <exception cref="GantryException">InvalidArgument: two upstreams have the same prefix, or one's begins with another's.</exception>
    internal UpstreamTable(IReadOnlyList<Upstream> upstreams, RepositoryOrigins origins)
    {
        (_upstreams, _origins) = (upstreams, origins);
        foreach (var one in upstreams)
        {
            if (upstreams.FirstOrDefault(other => other != one && (other.Prefix == one.Prefix || (other.Prefix.Length > 0 && one.Prefix.StartsWith(other.Prefix + "/", StringComparison.Ordinal)))) is not null)
            {
                throw GantryException.InvalidArgument($"two upstreams for {(one.Prefix.Length == 0 ? "names without a prefix" : one.Prefix)}");
            }
        }
    }

    /// <summary>The route with the namespace that a client named put in front of the repository.</summary>
    /// <exception cref="RegistryErrorException">NAME_UNKNOWN: a registry that is no upstream here.</exception>
    internal RegistryRoute WithNamespace(RegistryRoute route, string? ns)
    {
        if (string.IsNullOrEmpty(ns) || route.Name.Length == 0)
        {
            return route;
        }

        return _upstreams.Any(upstream => upstream.Prefix == ns) ? route with { Name = $"{ns}/{route.Name}" }
            : _upstreams.Any(upstream => upstream.Prefix.Length == 0 && (upstream.Address.Authority == ns || ns == ImageReference.DefaultDomain)) ? route
            : throw new RegistryErrorException(RegistryErrorCode.NameUnknown, ns);
    }

    internal UpstreamRepository? Find(RepositoryName name)
    {
        var upstream = _upstreams.FirstOrDefault(candidate => candidate.Prefix.Length > 0 && name.Value.StartsWith(candidate.Prefix + "/", StringComparison.Ordinal))
            ?? _upstreams.FirstOrDefault(candidate => candidate.Prefix.Length == 0);
        var path = upstream is null || upstream.Prefix.Length == 0 ? name.Value : name.Value[(upstream.Prefix.Length + 1)..];
        return upstream is not null && RepositoryName.TryParse(path, out var there) && !_origins.IsLocal(name) ? new UpstreamRepository(upstream, name, there) : null;
    }
}
