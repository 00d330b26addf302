using System.Net;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Auth;
using Gantry.Registry.Errors;
using Gantry.Registry.Search;
using Gantry.Registry.Transport;

namespace Gantry.Registry;

/// <summary>
/// The way to registries (OCI distribution-spec v1.1, Docker's token protocol): connections, tokens and what is known of hosts, shared by all
/// that an engine does. Thread-safe; dispose it at the end.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    private volatile Connections _now;

    /// <exception cref="GantryException">InvalidArgument: a malformed mirror.</exception>
    public RegistryClient(RegistryOptions? options = null) => _now = Connections.Create(options ?? new RegistryOptions());

    public RegistryOptions Options => _now.Options;

    /// <summary>
    /// Takes other options from the next request on. Transfers that run finish as they began: their connections are left to them and
    /// close when idle.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument: a malformed mirror; the options stay as they were.</exception>
    public void Reconfigure(RegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _now = Connections.Create(options);
    }

    /// <summary>The repository that <paramref name="reference"/> names, for pulling: mirrors come first where there are any. Asks no registry.</summary>
    /// <exception cref="GantryException">InvalidArgument: a malformed hosts.toml.</exception>
    public RegistryRepository OpenForPull(ImageReference reference, RegistryCredentials? credentials = null)
    {
        var mirrors = _now.Rules.MirrorsOf(reference);
        return new RegistryRepository(reference, Options,
            [.. mirrors.Select(mirror => Endpoint(mirror, mirror.Url.Authority, reference, null)), Upstream(reference, credentials)]);
    }

    /// <summary>The repository itself, for pushing. Asks no registry.</summary>
    /// <exception cref="GantryException">InvalidArgument: a malformed hosts.toml.</exception>
    public RegistryRepository OpenForPush(ImageReference reference, RegistryCredentials? credentials = null) =>
        new(reference, Options, [Upstream(reference, credentials)]);

    /// <summary>A repository of the registry at an address that was configured as a whole (its scheme decides about TLS). Asks no registry.</summary>
    /// <param name="reference">What error messages call it.</param>
    /// <param name="path">The repository's name in that registry.</param>
    public RegistryRepository OpenAt(Uri address, string path, ImageReference reference, RegistryCredentials? credentials = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new RegistryRepository(
            reference, Options, [new RepositoryEndpoint(_now.Probe, _now.Exchange, _now.Tokens, new MirrorAddress(address, IsWholePath: false), address.Authority, path, credentials)]);
    }

    /// <summary>Checks credentials as <c>docker login</c> does.</summary>
    /// <param name="serverAddress">host[:port], with or without scheme and path; empty or Docker Hub's old index address mean Docker Hub.</param>
    /// <exception cref="GantryException">Unauthorized, or Internal when the registry can't be reached; with Docker's text.</exception>
    public async Task<LoginResult> LoginAsync(string serverAddress, RegistryCredentials credentials, CancellationToken cancellationToken = default)
    {
        try
        {
            var host = await _now.Probe.FindAsync(mirror: null, _now.Rules.AuthorityOf(DomainOf(serverAddress)), cancellationToken).ConfigureAwait(false);
            return await LoginAsync(host, credentials, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryFailure failure)
        {
            throw FailureText.Login(failure);
        }
    }

    /// <summary>Searches Docker Hub's index, or that of the registry a term begins with, for repositories.</summary>
    /// <param name="limit">1 to 100 results; 0 means 25.</param>
    /// <exception cref="GantryException">InvalidArgument: the term, the limit, or a registry that does not answer; Internal: all else. In Docker's words.</exception>
    public Task<IReadOnlyList<FoundRepository>> SearchAsync(string term, int limit, RegistryCredentials? credentials = null, CancellationToken cancellationToken = default) =>
        new IndexSearch(_now.Exchange, _now.Probe, _now.Rules, _now.Tokens).RunAsync(term, limit, credentials, cancellationToken);

    public void Dispose() => _now.Pool.Dispose();

    private async Task<LoginResult> LoginAsync(ProbedHost host, RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        var plan = new RequestPlan(HttpMethod.Get, new Uri(host.Base, "v2/"));
        var authorizer = new Authorizer(_now.Tokens, host.Base, credentials);
        try
        {
            var (header, identity) = await authorizer.LoginAsync(host.Challenges, cancellationToken).ConfigureAwait(false);
            using var response = await _now.Exchange.SendAsync(plan, header, cancellationToken).ConfigureAwait(false);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound
                ? new LoginResult("Login Succeeded", identity)
                : throw new RegistryFailure($"login attempt to {plan.Uri} failed with status: {(int)response.StatusCode} {response.ReasonPhrase}")
                {
                    Code = response.StatusCode == HttpStatusCode.Unauthorized ? "UNAUTHORIZED" : string.Empty,
                };
        }
        catch (RegistryFailure failure) when (failure.Where is null && failure.Status != 0)
        {
            throw failure.At($"Get \"{plan.Uri}\"");
        }
    }

    /// <summary>Takes scheme, path and the address that old clients use for Docker Hub off.</summary>
    private static string DomainOf(string serverAddress)
    {
        var text = serverAddress;
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        text = scheme < 0 ? text : text[(scheme + 3)..];
        text = text.Split('/')[0];
        return text is "" or "index." + ImageReference.DefaultDomain ? ImageReference.DefaultDomain : text;
    }

    private RepositoryEndpoint Upstream(ImageReference reference, RegistryCredentials? credentials) =>
        Endpoint(null, _now.Rules.AuthorityOf(reference.Domain), reference, credentials);

    private RepositoryEndpoint Endpoint(MirrorAddress? mirror, string authority, ImageReference reference, RegistryCredentials? credentials) =>
        new(_now.Probe, _now.Exchange, _now.Tokens, mirror, authority, reference.Path, credentials);

    /// <summary>What one set of options makes.</summary>
    private sealed record Connections(RegistryOptions Options, HttpPool Pool, HostRules Rules, Exchange Exchange, HostProbe Probe, TokenClient Tokens)
    {
        internal static Connections Create(RegistryOptions options)
        {
            var rules = new HostRules(options);
            var pool = new HttpPool(options);
            var exchange = new Exchange(pool, rules, options);
            return new Connections(options, pool, rules, exchange, new HostProbe(exchange, rules), new TokenClient(exchange, rules, new TokenCache()));
        }
    }
}
