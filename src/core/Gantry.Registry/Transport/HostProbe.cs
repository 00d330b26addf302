using System.Collections.Concurrent;
using Gantry.Registry.Auth;
using Gantry.Registry.Errors;

namespace Gantry.Registry.Transport;

/// <summary>A registry that answered: its base address (ending in a slash, before <c>v2/</c>) and the challenges it opens with.</summary>
/// <param name="Prefix">What stands between the base and a repository's name.</param>
internal sealed record ProbedHost(Uri Base, IReadOnlyList<Challenge> Challenges, string Prefix = ProbedHost.UsualPrefix)
{
    internal const string UsualPrefix = "v2/";
}

/// <summary>
/// Finds out how a registry is spoken to, with the GET /v2/ that Docker starts with too: https first and, where the rules allow, http. An answer
/// is good for a while, so that requests in a row don't ask again.
/// </summary>
internal sealed class HostProbe(Exchange exchange, HostRules rules)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private readonly ConcurrentDictionary<string, (ProbedHost Host, long At)> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="RegistryFailure">Nothing answers; of several attempts the last one's, as Docker tells it.</exception>
    internal async Task<ProbedHost> FindAsync(MirrorAddress? mirror, string authority, CancellationToken cancellationToken)
    {
        var key = mirror?.Url.AbsoluteUri ?? authority;
        var prefix = mirror?.IsWholePath == true ? string.Empty : ProbedHost.UsualPrefix;
        if (_known.TryGetValue(key, out var known) && Environment.TickCount64 - known.At < s_fresh.TotalMilliseconds)
        {
            return known.Host;
        }

        var candidates = mirror is not null ? [WithSlash(mirror.Url)] : await CandidatesAsync(authority, known.Host, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < candidates.Count; i++)
        {
            try
            {
                var host = await ProbeAsync(candidates[i], prefix, cancellationToken).ConfigureAwait(false);
                _known[key] = (host, Environment.TickCount64);
                return host;
            }
            catch (RegistryFailure) when (i < candidates.Count - 1)
            {
                // Docker goes on to plain http whatever was wrong with https, where that is allowed.
                continue;
            }
        }

        throw new InvalidOperationException("A registry has at least one address.");
    }

    /// <summary>Makes the next request look again, after the host stopped answering as it did.</summary>
    internal void Forget(ProbedHost host)
    {
        foreach (var (key, value) in _known)
        {
            if (ReferenceEquals(value.Host, host))
            {
                _known.TryRemove(key, out _);
            }
        }
    }

    private async Task<List<Uri>> CandidatesAsync(string authority, ProbedHost? before, CancellationToken cancellationToken)
    {
        var candidates = new List<Uri> { ToUri("https", authority) };
        if (await rules.IsInsecureAsync(authority, cancellationToken).ConfigureAwait(false))
        {
            candidates.Add(ToUri("http", authority));
        }

        // A host that spoke http last time most likely still does.
        return before is { Base.Scheme: "http" } && candidates.Count == 2 ? [candidates[1], candidates[0], candidates[1]] : candidates;
    }

    private async Task<ProbedHost> ProbeAsync(Uri baseUri, string prefix, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        var uri = new Uri(baseUri, prefix);
        try
        {
            using var response = await exchange.SendAsync(new RequestPlan(HttpMethod.Get, uri), authorization: null, limit.Token).ConfigureAwait(false);
            var challenges = response.Headers.TryGetValues("WWW-Authenticate", out var values) ? Challenge.Parse(values) : [];
            return new ProbedHost(baseUri, response.StatusCode == System.Net.HttpStatusCode.Unauthorized ? challenges : [], prefix);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw TransportErrors.Timeout($"Get \"{uri}\": ", exception);
        }
    }

    private static Uri ToUri(string scheme, string authority) =>
        Uri.TryCreate($"{scheme}://{authority}/", UriKind.Absolute, out var uri) ? uri : throw new RegistryFailure($"invalid registry host {authority}");

    private static Uri WithSlash(Uri uri) => uri.AbsoluteUri.EndsWith('/') ? uri : new Uri(uri.AbsoluteUri + "/");
}
