using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gantry.Registry.Errors;
using Gantry.Registry.Transport;

namespace Gantry.Registry.Auth;

/// <summary>Gets bearer tokens from the server that a challenge names.</summary>
internal sealed class TokenClient(Exchange exchange, HostRules rules, TokenCache cache)
{
    private const string ClientId = "gantry";
    private static readonly TimeSpan s_defaultLifetime = TimeSpan.FromSeconds(60);

    /// <param name="registry">The registry whose challenge it is.</param>
    /// <param name="offline">Ask for a refresh token too; the answer is not cached.</param>
    /// <exception cref="RegistryFailure">The server refuses or can't be reached.</exception>
    internal async Task<(string Token, string RefreshToken)> GetAsync(
        Uri registry, Challenge challenge, IReadOnlyList<string> scopes, RegistryCredentials? credentials, bool offline, CancellationToken cancellationToken)
    {
        var realm = Realm(registry, challenge);
        var service = challenge.Parameter("service") ?? string.Empty;
        var key = TokenCache.Key(realm, service, scopes, credentials);
        if (!offline && cache.Find(key) is { } known)
        {
            return (known, string.Empty);
        }

        var plan = credentials?.IdentityToken.Length > 0
            ? Refresh(realm, service, scopes, credentials.IdentityToken)
            : Get(realm, service, scopes, credentials, offline);
        var answer = await FetchAsync(plan, credentials, cancellationToken).ConfigureAwait(false);
        var token = answer.Token ?? answer.AccessToken ?? throw new RegistryFailure("authorization server did not include a token in the response");
        cache.Add(key, token, answer.ExpiresIn is > 0 and < 1e6 ? TimeSpan.FromSeconds(answer.ExpiresIn.Value) : s_defaultLifetime);
        return (token, answer.RefreshToken ?? string.Empty);
    }

    internal void Forget(Uri registry, Challenge challenge, IReadOnlyList<string> scopes, RegistryCredentials? credentials) =>
        cache.Remove(TokenCache.Key(Realm(registry, challenge), challenge.Parameter("service") ?? string.Empty, scopes, credentials));

    private async Task<TokenAnswer> FetchAsync(RequestPlan plan, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var authorization = plan.Content is null && credentials?.HasPassword == true ? Basic(credentials) : null;
        using var response = await exchange.SendAsync(plan, authorization, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw await ErrorBody.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        }

        var body = await exchange.ReadSmallAsync(response, 1 << 20, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(body, RegistryJson.Default.TokenAnswer) ?? new TokenAnswer();
        }
        catch (JsonException exception)
        {
            throw new RegistryFailure("unable to decode token response: " + exception.Message, exception);
        }
    }

    internal static AuthenticationHeaderValue Basic(RegistryCredentials credentials) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.Username}:{credentials.Password}")));

    private static RequestPlan Get(Uri realm, string service, IReadOnlyList<string> scopes, RegistryCredentials? credentials, bool offline)
    {
        var query = new StringBuilder();
        void Add(string name, string value) =>
            query.Append(query.Length == 0 ? string.Empty : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));

        if (credentials?.Username.Length > 0)
        {
            Add("account", credentials.Username);
        }

        if (offline)
        {
            Add("client_id", ClientId);
            Add("offline_token", "true");
        }

        foreach (var scope in scopes)
        {
            Add("scope", scope);
        }

        if (service.Length > 0)
        {
            Add("service", service);
        }

        var builder = new UriBuilder(realm);
        builder.Query = builder.Query.Length > 1 ? builder.Query + "&" + query : query.ToString();
        return new RequestPlan(HttpMethod.Get, builder.Uri) { StayOnHost = true };
    }

    private static RequestPlan Refresh(Uri realm, string service, IReadOnlyList<string> scopes, string refreshToken) => new(HttpMethod.Post, realm)
    {
        StayOnHost = true,
        Content = () => new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["service"] = service,
            ["client_id"] = ClientId,
            ["scope"] = string.Join(' ', scopes),
            ["refresh_token"] = refreshToken,
        }),
    };

    /// <summary>Where tokens come from. A registry on https can't send passwords over plain http.</summary>
    private Uri Realm(Uri registry, Challenge challenge)
    {
        var text = challenge.Parameter("realm");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var realm) || realm.Scheme is not ("http" or "https"))
        {
            throw new RegistryFailure($"malformed auth challenge header: realm \"{text}\"");
        }

        return realm.Scheme == "https" || registry.Scheme == "http" || rules.IsInsecureWithoutLookup(realm.Authority)
            ? realm
            : throw new RegistryFailure($"the registry's token server {realm.Authority} is not on https");
    }
}
