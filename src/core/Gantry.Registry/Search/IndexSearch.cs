using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Registry.Auth;
using Gantry.Registry.Errors;
using Gantry.Registry.Transport;

namespace Gantry.Registry.Search;

/// <summary>The search of Docker's first registry API, <c>GET /v1/search?q=TERM&amp;n=LIMIT</c>, which the index of Docker Hub still answers.</summary>
internal sealed class IndexSearch(Exchange exchange, HostProbe probe, HostRules rules, TokenClient tokens)
{
    private const int DefaultLimit = 25;
    private const int MaxLimit = 100;
    private const int MaxAnswerSize = 4 << 20;
    private static readonly string[] s_scopes = ["registry:catalog:search"];

    /// <param name="limit">At most this many; 0 means Docker's usual 25.</param>
    /// <exception cref="GantryException">InvalidArgument: the term, the limit, or a registry that does not answer; Internal: all else. In Docker's words.</exception>
    internal async Task<IReadOnlyList<FoundRepository>> RunAsync(string term, int limit, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var parsed = SearchTerm.Parse(term);
        var index = parsed.IsHub ? new Uri($"https://{exchange.Options.IndexHost}/v1/") : await FindAsync(parsed.Index, cancellationToken).ConfigureAwait(false);
        limit = limit == 0 ? DefaultLimit : limit;
        if (limit is < 1 or > MaxLimit)
        {
            throw GantryException.InvalidArgument($"limit {limit} is outside the range of [1, {MaxLimit}]");
        }

        try
        {
            return await AskAsync(index, parsed.Text, limit, credentials, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryFailure failure)
        {
            throw GantryException.Internal(failure.FullMessage, failure);
        }
    }

    private async Task<IReadOnlyList<FoundRepository>> AskAsync(Uri index, string text, int limit, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        // A form's escapes, as Go writes them.
        var query = Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
        var plan = new RequestPlan(HttpMethod.Get, new Uri(index, $"search?q={query}&n={limit}")) { WantsToken = true };
        var authorization = await AuthorizationAsync(index, credentials, cancellationToken).ConfigureAwait(false);
        using var response = await exchange.SendAsync(plan, authorization, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RegistryFailure($"Unexpected status code {(int)response.StatusCode}");
        }

        var body = await exchange.ReadSmallAsync(response, MaxAnswerSize, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(body, RegistryJson.Default.SearchAnswer)?.Results ?? [];
        }
        catch (JsonException exception)
        {
            throw new RegistryFailure($"error decoding registry search results: {exception.Message}", exception);
        }
    }

    /// <summary>Basic for a password; an identity token is exchanged at the token server of the same host.</summary>
    private async Task<AuthenticationHeaderValue?> AuthorizationAsync(Uri index, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        if (credentials is null || credentials.Username.Length == 0)
        {
            return null;
        }

        if (credentials.IdentityToken.Length == 0)
        {
            return TokenClient.Basic(credentials);
        }

        var host = await probe.FindAsync(mirror: null, index.Authority, cancellationToken).ConfigureAwait(false);
        return await new Authorizer(tokens, host.Base, credentials).HeaderAsync(host.Challenges, s_scopes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The address of a registry's first API: https, and http where the rules allow it. Any answer counts.</summary>
    private async Task<Uri> FindAsync(string authority, CancellationToken cancellationToken)
    {
        var secure = ToUri("https", authority);
        try
        {
            await PingAsync(secure, cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch (RegistryFailure first)
        {
            if (!await rules.IsInsecureAsync(authority, cancellationToken).ConfigureAwait(false))
            {
                throw GantryException.InvalidArgument(
                    $"invalid registry endpoint {secure}: {first.FullMessage}. If this private registry supports only HTTP or HTTPS with an unknown CA certificate, "
                    + $"please add `--insecure-registry {authority}` to the daemon's arguments. In the case of HTTPS, if you have access to the registry's CA certificate, "
                    + $"no need for the flag; simply place the CA certificate at {exchange.Options.CertificatesDirectory}/{authority}/ca.crt", first);
            }

            var plain = ToUri("http", authority);
            try
            {
                await PingAsync(plain, cancellationToken).ConfigureAwait(false);
                return plain;
            }
            catch (RegistryFailure second)
            {
                throw GantryException.InvalidArgument(
                    $"invalid registry endpoint \"{plain}\". HTTPS attempt: {first.FullMessage}. HTTP attempt: {second.FullMessage}", second);
            }
        }
    }

    private async Task PingAsync(Uri index, CancellationToken cancellationToken) =>
        (await exchange.SendAsync(new RequestPlan(HttpMethod.Get, new Uri(index, "_ping")), authorization: null, cancellationToken).ConfigureAwait(false)).Dispose();

    private static Uri ToUri(string scheme, string authority) => Uri.TryCreate($"{scheme}://{authority}/v1/", UriKind.Absolute, out var uri)
        ? uri : throw GantryException.InvalidArgument($"parse \"{scheme}://{authority}\": invalid host");
}
