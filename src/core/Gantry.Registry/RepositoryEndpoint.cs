using System.Net;
using System.Net.Http.Headers;
using Gantry.Registry.Auth;
using Gantry.Registry.Errors;
using Gantry.Registry.Transport;

namespace Gantry.Registry;

/// <summary>One repository at one address (the registry itself or a mirror): sends requests with the right credentials.</summary>
internal sealed class RepositoryEndpoint(HostProbe probe, Exchange exchange, TokenClient tokens, MirrorAddress? mirror, string authority, string path, RegistryCredentials? credentials)
{
    /// <summary>The name that scopes and mounts use.</summary>
    internal string Path => path;

    internal Exchange Exchange => exchange;

    internal Task<ProbedHost> ProbeAsync(CancellationToken cancellationToken) => probe.FindAsync(mirror, authority, cancellationToken);

    internal string PullScope => $"repository:{path}:pull";

    internal string PushScope => $"repository:{path}:pull,push";

    internal Uri Resolve(ProbedHost host, string relative) => new(host.Base, $"{host.Prefix}{path}/{relative}");

    /// <summary>Sends and returns the answer when its status is one of <paramref name="expected"/>; the caller disposes it.</summary>
    /// <param name="plan">Makes the request for the host's base address.</param>
    /// <exception cref="RegistryFailure">Any other status, or no answer.</exception>
    internal async Task<HttpResponseMessage> SendAsync(
        Func<ProbedHost, RequestPlan> plan, IReadOnlyList<string> scopes, IReadOnlyList<HttpStatusCode> expected, CancellationToken cancellationToken)
    {
        var response = await SendProbedAsync(plan, scopes, cancellationToken).ConfigureAwait(false);
        if (expected.Contains(response.StatusCode))
        {
            return response;
        }

        using (response)
        {
            throw await ErrorBody.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What is remembered of a host may be out of date: where it sends for tokens is asked again, once.</summary>
    private async Task<HttpResponseMessage> SendProbedAsync(Func<ProbedHost, RequestPlan> plan, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            var host = await ProbeAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await SendAuthorizedAsync(host, plan(host), scopes, cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryFailure failure) when (failure.IsDial || failure.IsTls)
            {
                probe.Forget(host);
                var isTokenServer = failure.Where is not null;
                if (again || !isTokenServer)
                {
                    throw;
                }
            }
        }
    }

    private async Task<HttpResponseMessage> SendAuthorizedAsync(
        ProbedHost host, RequestPlan plan, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        var authorizer = new Authorizer(tokens, host.Base, credentials);
        var header = await HeaderAsync(authorizer, host.Challenges, plan, scopes, cancellationToken).ConfigureAwait(false);
        var response = await exchange.SendAsync(plan, header, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !response.Headers.TryGetValues("WWW-Authenticate", out var values))
        {
            return response;
        }

        // The token ran out, or this path asks for more than the probe showed.
        var challenges = Challenge.Parse(values);
        if (!authorizer.Reconsider(challenges, scopes) && header is not null)
        {
            return response;
        }

        response.Dispose();
        header = await HeaderAsync(authorizer, challenges, plan, scopes, cancellationToken).ConfigureAwait(false);
        return await exchange.SendAsync(plan, header, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Credentials go to the registry's own address only; an upload's Location may lead elsewhere.</summary>
    private static async Task<AuthenticationHeaderValue?> HeaderAsync(
        Authorizer authorizer, IReadOnlyList<Challenge> challenges, RequestPlan plan, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        try
        {
            return authorizer.Owns(plan.Uri) ? await authorizer.HeaderAsync(challenges, scopes, cancellationToken).ConfigureAwait(false) : null;
        }
        catch (RegistryFailure failure) when (failure.Where is null)
        {
            throw failure.At($"{plan.Verb} \"{plan.Uri}\"");
        }
    }
}
