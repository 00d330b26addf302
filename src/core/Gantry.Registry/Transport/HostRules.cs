using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Registry.Transport;

/// <summary>Where a registry's images are too.</summary>
/// <param name="IsWholePath">The address has the API's whole path in it, what else is <c>/v2/</c>.</param>
internal sealed record MirrorAddress(Uri Url, bool IsWholePath);

/// <summary>Which registries may be spoken to without (verified) TLS, and where a name's registry is.</summary>
internal sealed class HostRules
{
    private readonly RegistryOptions _options;
    private readonly List<IPNetwork> _networks = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _unverified = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, HostSettings> _settings = new(StringComparer.OrdinalIgnoreCase);

    internal HostRules(RegistryOptions options)
    {
        _options = options;
        foreach (var entry in options.InsecureRegistries)
        {
            if (IPNetwork.TryParse(entry, out var network))
            {
                _networks.Add(network);
            }
            else
            {
                _hosts.Add(entry);
            }
        }

        Mirrors = [.. options.Mirrors.Select(mirror => new MirrorAddress(ParseMirror(mirror), IsWholePath: false))];
    }

    /// <summary>Docker's mirrors, which are Docker Hub's only.</summary>
    internal IReadOnlyList<MirrorAddress> Mirrors { get; }

    /// <summary>host[:port] of the registry that <paramref name="domain"/> of an image's name means. Looks whether there is a hosts.toml.</summary>
    /// <exception cref="GantryException">InvalidArgument: it is malformed.</exception>
    internal string AuthorityOf(string domain) =>
        HostsFile.Read(_options.CertificatesDirectory, domain).Server?.Authority ?? (domain == ImageReference.DefaultDomain ? _options.HubHost : domain);

    /// <summary>Where an image is asked for before its registry: what hosts.toml says, then Docker's mirrors.</summary>
    /// <exception cref="GantryException">InvalidArgument: hosts.toml is malformed.</exception>
    internal IReadOnlyList<MirrorAddress> MirrorsOf(ImageReference reference)
    {
        var hosts = HostsFile.Read(_options.CertificatesDirectory, reference.Domain).Hosts.Where(h => h.CanPull && (h.CanResolve || !reference.Digest.IsEmpty)).ToList();
        foreach (var host in hosts.Where(h => h.SkipVerify))
        {
            _unverified[host.Url.Authority] = true;
        }

        foreach (var host in hosts)
        {
            _settings[host.Url.Authority] = host.Settings;
        }

        return [.. hosts.Select(h => new MirrorAddress(h.Url, h.IsWholePath)), .. reference.Domain == ImageReference.DefaultDomain ? Mirrors : []];
    }

    /// <summary>What a hosts.toml says of a host and port; what another one says of the same counts from then on.</summary>
    internal HostSettings SettingsOf(string authority) => _settings.GetValueOrDefault(authority, HostSettings.None);

    internal static (string Host, int? Port) Split(string authority)
    {
        var colon = authority.LastIndexOf(':');
        var isPort = colon > 0 && !authority.EndsWith(']') && !(authority.IndexOf(':', StringComparison.Ordinal) != colon && !authority.StartsWith('['));
        return isPort && ushort.TryParse(authority.AsSpan(colon + 1), out var port) ? (authority[..colon].Trim('[', ']'), port) : (authority.Trim('[', ']'), null);
    }

    /// <summary>As <see cref="IsInsecureAsync"/>, for names that need no DNS.</summary>
    internal bool IsInsecureWithoutLookup(string authority)
    {
        var host = Split(authority).Host;
        return _hosts.Contains(authority) || _unverified.ContainsKey(authority) || _hosts.Contains(host) || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && Contains(address));
    }

    /// <summary>True for loopback, for hosts listed by name, and for hosts with an address in a listed network.</summary>
    internal async Task<bool> IsInsecureAsync(string authority, CancellationToken cancellationToken)
    {
        if (IsInsecureWithoutLookup(authority))
        {
            return true;
        }

        var host = Split(authority).Host;
        if (_networks.Count <= 2 || IPAddress.TryParse(host, out _))
        {
            return false;
        }

        try
        {
            return (await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false)).Any(Contains);
        }
        catch (SocketException)
        {
            // A name that does not resolve fails with a proper message when it is dialled.
            return false;
        }
    }

    private bool Contains(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _networks.Any(network => network.Contains(address));
    }

    private static Uri ParseMirror(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : throw GantryException.InvalidArgument($"invalid mirror: unsupported scheme or form in \"{text}\"");
}
