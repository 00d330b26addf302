using System.Globalization;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Json;
using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Auth;

/// <summary>
/// The token service: GET with basic authentication (Docker's token protocol) and POST with a form (its OAuth2 variant, which takes and hands
/// out refresh tokens). A token carries what the user may do of what was asked; what may not be done is left out, not refused.
/// </summary>
internal sealed class TokenEndpoint(RegistryServerOptions options, TokenSigner signer)
{
    private const string Access = "access";
    private const string Refresh = "refresh";
    private static readonly TimeSpan s_refreshLifetime = TimeSpan.FromDays(90);

    internal Task HandleAsync(RegistryContext context) => context.Method switch
    {
        "GET" => GetAsync(context),
        "POST" => PostAsync(context),
        _ => throw new RegistryErrorException(RegistryErrorCode.Unsupported),
    };

    internal TokenClaims? Verify(string token) => signer.Verify(token, Access);

    private async Task GetAsync(RegistryContext context)
    {
        var user = string.Empty;
        if (AuthorizationHeader.TryBasic(context.Request.Headers.Authorization, out var name, out var password))
        {
            user = await options.Users!.VerifyAsync(name, password, context.Aborted).ConfigureAwait(false) ? name : throw Refused();
        }
        else if (!options.AnonymousPull && options.Rules is null)
        {
            throw Refused();
        }

        var offline = context.Query("offline_token") == "true" && user.Length > 0;
        await AnswerAsync(context, user, context.Request.Query["scope"], offline ? NewRefresh(user) : null).ConfigureAwait(false);
    }

    private async Task PostAsync(RegistryContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            throw Refused();
        }

        var form = await context.Request.ReadFormAsync(context.Aborted).ConfigureAwait(false);
        var (user, password, refresh) = (form["username"].ToString(), form["password"].ToString(), form["refresh_token"].ToString());
        switch (form["grant_type"].ToString())
        {
            case "password" when await options.Users!.VerifyAsync(user, password, context.Aborted).ConfigureAwait(false):
                refresh = form["access_type"] == "offline" ? NewRefresh(user) : null;
                break;
            case "refresh_token" when signer.Verify(refresh, Refresh) is { } claims && options.Users!.Exists(claims.Subject):
                user = claims.Subject;
                break;
            default:
                throw Refused();
        }

        await AnswerAsync(context, user, form["scope"], refresh).ConfigureAwait(false);
    }

    private Task AnswerAsync(RegistryContext context, string user, IEnumerable<string?> scopes, string? refresh)
    {
        var now = DateTimeOffset.UtcNow;
        var granted = Scope.Parse(scopes)
            .Select(wish => wish with { Actions = [.. wish.Actions.Where(action => Grants(user, wish, action))] })
            .Where(wish => wish.Actions.Count > 0);
        var token = signer.Sign(new TokenClaims
        {
            Subject = user,
            Kind = Access,
            Expires = (now + options.TokenLifetime).ToUnixTimeSeconds(),
            Access = [.. granted],
        });
        var answer = new TokenResponse(
            token, token, (int)options.TokenLifetime.TotalSeconds, now.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), refresh);
        return context.JsonAsync(StatusCodes.Status200OK, answer, RegistryJson.Default.TokenResponse);
    }

    private bool Grants(string user, TokenAccess wish, string action) => options.Rules is { } rules && wish.Type == "repository" ? rules.Allows(user, wish.Name, action)
        : user.Length > 0
        ? wish.Type is "repository" or "registry"
        : options.AnonymousPull && wish.Type == "repository" && action == "pull";

    private string NewRefresh(string user) => signer.Sign(new TokenClaims
    {
        Subject = user,
        Kind = Refresh,
        Expires = (DateTimeOffset.UtcNow + s_refreshLifetime).ToUnixTimeSeconds(),
    });

    private static RegistryErrorException Refused() => new(RegistryErrorCode.Unauthorized);
}
