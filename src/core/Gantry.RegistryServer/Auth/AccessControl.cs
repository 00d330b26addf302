using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Json;

namespace Gantry.RegistryServer.Auth;

/// <summary>Decides for each request whether it may go on, and answers with a challenge where it may not.</summary>
internal sealed class AccessControl(RegistryServerOptions options, TokenEndpoint? tokens)
{
    /// <exception cref="RegistryErrorException">UNAUTHORIZED with a <c>WWW-Authenticate</c> header set, or DENIED.</exception>
    internal async Task CheckAsync(RegistryContext context)
    {
        var access = options.Users is null ? RequestAccess.Everything
            : tokens is null ? await BasicAsync(context).ConfigureAwait(false)
            : Bearer(context);
        access.AttachTo(context.Http);
    }

    /// <summary>The actions a request needs on its repository, as scopes name them.</summary>
    internal static IReadOnlyList<string> Needed(RegistryContext context) => context.Method switch
    {
        "GET" or "HEAD" when context.Route.Kind == RouteKind.Upload => ["pull", "push"],
        "GET" or "HEAD" => ["pull"],
        "DELETE" when context.Route.Kind != RouteKind.Upload => ["delete"],
        _ => ["pull", "push"],
    };

    private async Task<RequestAccess> BasicAsync(RegistryContext context)
    {
        if (AuthorizationHeader.TryBasic(context.Request.Headers.Authorization, out var user, out var password)
            && await options.Users!.VerifyAsync(user, password, context.Aborted).ConfigureAwait(false))
        {
            return new RequestAccess(user, (_, _) => true, _ => true);
        }

        context.Response.Headers.WWWAuthenticate = "Basic realm=\"Registry\"";
        throw new RegistryErrorException(RegistryErrorCode.Unauthorized);
    }

    private RequestAccess Bearer(RegistryContext context)
    {
        var route = context.Route;
        var claims = AuthorizationHeader.TryBearer(context.Request.Headers.Authorization, out var token) ? tokens!.Verify(token) : null;
        if (claims is not null && (route.Kind == RouteKind.Base || Wanted(context).All(wish => Has(claims, wish))))
        {
            return new RequestAccess(
                claims.Subject,
                (repository, action) => Has(claims, new TokenAccess("repository", repository, [action])),
                repository => options.Rules?.Allows(claims.Subject, repository, "pull") != false);
        }

        context.Response.Headers.WWWAuthenticate = Challenge(context, claims is not null);
        throw new RegistryErrorException(RegistryErrorCode.Unauthorized);
    }

    private static List<TokenAccess> Wanted(RegistryContext context) => context.Route.Kind switch
    {
        RouteKind.Base => [],
        RouteKind.Catalog => [new TokenAccess("registry", "catalog", ["*"])],
        _ => [new TokenAccess("repository", context.Route.Name, Needed(context))],
    };

    private static bool Has(TokenClaims claims, TokenAccess wish) => wish.Actions.All(action => claims.Access.Any(access =>
        access.Type == wish.Type && access.Name == wish.Name && (access.Actions.Contains(action) || access.Actions.Contains("*"))));

    private static string Challenge(RegistryContext context, bool insufficient)
    {
        var host = context.Request.Host.Value;
        var scopes = string.Join(' ', Wanted(context).Select(wish => $"{wish.Type}:{wish.Name}:{string.Join(',', wish.Actions)}"));
        return $"Bearer realm=\"{context.Request.Scheme}://{host}/token\",service=\"{host}\""
            + (scopes.Length > 0 ? $",scope=\"{scopes}\"" : string.Empty)
            + (insufficient ? ",error=\"insufficient_scope\"" : string.Empty);
    }
}
