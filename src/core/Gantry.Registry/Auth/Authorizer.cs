using System.Net.Http.Headers;
using Gantry.Registry.Errors;

namespace Gantry.Registry.Auth;

/// <summary>Finds the <c>Authorization</c> for requests of one user to one registry.</summary>
internal sealed class Authorizer(TokenClient tokens, Uri registry, RegistryCredentials? credentials)
{
    /// <summary>True when <paramref name="uri"/> is at the registry's own host and port.</summary>
    internal bool Owns(Uri uri) => uri.Scheme == registry.Scheme && uri.Authority == registry.Authority;

    /// <summary>The header for a request that needs <paramref name="scopes"/>, or null where the registry asks for nothing.</summary>
    /// <exception cref="RegistryFailure">The registry wants a password and there is none, or its token server refuses.</exception>
    internal async Task<AuthenticationHeaderValue?> HeaderAsync(
        IReadOnlyList<Challenge> challenges, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        if (credentials?.RegistryToken.Length > 0)
        {
            return new AuthenticationHeaderValue("Bearer", credentials.RegistryToken);
        }

        if (Find(challenges, "bearer") is { } bearer)
        {
            var (token, _) = await tokens.GetAsync(registry, bearer, scopes, credentials, offline: false, cancellationToken).ConfigureAwait(false);
            return new AuthenticationHeaderValue("Bearer", token);
        }

        return Find(challenges, "basic") is null ? null
            : credentials?.HasPassword == true ? TokenClient.Basic(credentials)
            : throw new RegistryFailure("no basic auth credentials") { Code = "UNAUTHORIZED" };
    }

    /// <summary>Logs in: proves the credentials and, where the registry has identity tokens, gets one.</summary>
    internal async Task<(AuthenticationHeaderValue? Header, string IdentityToken)> LoginAsync(
        IReadOnlyList<Challenge> challenges, CancellationToken cancellationToken)
    {
        if (Find(challenges, "bearer") is not { } bearer || credentials is null)
        {
            return (await HeaderAsync(challenges, [], cancellationToken).ConfigureAwait(false), string.Empty);
        }

        var (token, refresh) = await tokens.GetAsync(registry, bearer, [], credentials, offline: true, cancellationToken).ConfigureAwait(false);
        return (new AuthenticationHeaderValue("Bearer", token), refresh);
    }

    /// <summary>After a 401: drops the token that was refused. True when another try makes sense.</summary>
    internal bool Reconsider(IReadOnlyList<Challenge> challenges, IReadOnlyList<string> scopes)
    {
        if (credentials?.RegistryToken.Length > 0 || Find(challenges, "bearer") is not { } bearer)
        {
            return false;
        }

        tokens.Forget(registry, bearer, scopes, credentials);
        return true;
    }

    private static Challenge? Find(IReadOnlyList<Challenge> challenges, string scheme) => challenges.FirstOrDefault(challenge => challenge.Scheme == scheme);
}
