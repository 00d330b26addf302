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
    private readonly HttpPool _pool;
    private readonly HostRules _rules;
    private readonly Exchange _exchange;
    private readonly HostProbe _probe;
    private readonly TokenClient _tokens;
    private readonly IndexSearch _search;

    /// <exception cref="GantryException">InvalidArgument: a malformed mirror.</exception>
    public RegistryClient(RegistryOptions? options = null)
    {
        Options = options ?? new RegistryOptions();
        _pool = new HttpPool(Options);
        _rules = new HostRules(Options);
        _exchange = new Exchange(_pool, _rules, Options);
        _probe = new HostProbe(_exchange, _rules);
        _tokens = new TokenClient(_exchange, _rules, new TokenCache());
        _search = new IndexSearch(_exchange, _probe, _rules, _tokens);
    }

    public RegistryOptions Options { get; }

    /// <summary>The repository that <paramref name="reference"/> names, for pulling: mirrors come first where there are any. Does no I/O.</summary>
    public RegistryRepository OpenForPull(ImageReference reference, RegistryCredentials? credentials = null)
    {
        var mirrors = reference.Domain == ImageReference.DefaultDomain ? _rules.Mirrors : [];
        return new RegistryRepository(reference, Options,
            [.. mirrors.Select(mirror => Endpoint(mirror, mirror.Authority, reference, null)), Upstream(reference, credentials)]);
    }

    /// <summary>The repository itself, for pushing. Does no I/O.</summary>
    public RegistryRepository OpenForPush(ImageReference reference, RegistryCredentials? credentials = null) =>
        new(reference, Options, [Upstream(reference, credentials)]);

    /// <summary>Checks credentials as <c>docker login</c> does.</summary>
    /// <param name="serverAddress">host[:port], with or without scheme and path; empty or Docker Hub's old index address mean Docker Hub.</param>
    /// <exception cref="GantryException">Unauthorized, or Internal when the registry can't be reached; with Docker's text.</exception>
    public async Task<LoginResult> LoginAsync(string serverAddress, RegistryCredentials credentials, CancellationToken cancellationToken = default)
    {
        try
        {
            var host = await _probe.FindAsync(mirror: null, _rules.AuthorityOf(DomainOf(serverAddress)), cancellationToken).ConfigureAwait(false);
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
        _search.RunAsync(term, limit, credentials, cancellationToken);

    public void Dispose() => _pool.Dispose();

    private async Task<LoginResult> LoginAsync(ProbedHost host, RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        var plan = new RequestPlan(HttpMethod.Get, new Uri(host.Base, "v2/"));
        var authorizer = new Authorizer(_tokens, host.Base, credentials);
        try
        {
            var (header, identity) = await authorizer.LoginAsync(host.Challenges, cancellationToken).ConfigureAwait(false);
            using var response = await _exchange.SendAsync(plan, header, cancellationToken).ConfigureAwait(false);
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
        Endpoint(null, _rules.AuthorityOf(reference.Domain), reference, credentials);

    private RepositoryEndpoint Endpoint(Uri? mirror, string authority, ImageReference reference, RegistryCredentials? credentials) =>
        new(_probe, _exchange, _tokens, mirror, authority, reference.Path, credentials);
}
