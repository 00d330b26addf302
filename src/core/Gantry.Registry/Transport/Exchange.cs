using System.Net;
using System.Net.Http.Headers;
using Gantry.IO.Web;
using Gantry.Registry.Errors;

namespace Gantry.Registry.Transport;

/// <summary>Sends one request and brings its answer, following redirects. Knows nothing of retries or challenges.</summary>
internal sealed class Exchange(HttpPool pool, HostRules rules, RegistryOptions options)
{
    private const int MaxRedirects = 10;

    internal RegistryOptions Options => options;

    /// <summary>
    /// The answer's head has arrived when this returns; the caller disposes it. <paramref name="authorization"/> goes to the plan's own host only:
    /// a redirect elsewhere loses it for good, even when it leads back.
    /// </summary>
    /// <exception cref="RegistryFailure">No answer; the message starts with the verb and URL, as Go's does.</exception>
    internal async Task<HttpResponseMessage> SendAsync(RequestPlan plan, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        var uri = plan.Uri;
        for (var redirects = 0; ; redirects++)
        {
            var response = await SendOnceAsync(plan, uri, authorization, cancellationToken).ConfigureAwait(false);
            if (!IsRedirect(plan, response))
            {
                return response;
            }

            using (response)
            {
                var next = new Uri(uri, response.Headers.Location!);
                if (redirects == MaxRedirects)
                {
                    throw new RegistryFailure($"{plan.Verb} \"{uri}\": stopped after {MaxRedirects} redirects");
                }

                authorization = MayKeepCredentials(uri, next) ? authorization : null;
                uri = Check(plan, uri, next);
            }
        }
    }

    /// <summary>Reads a small document; larger than <paramref name="limit"/> bytes or slower than the response timeout is an error.</summary>
    internal async Task<byte[]> ReadSmallAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.ResponseTimeout);
        var request = response.RequestMessage!;
        var prefix = $"{request.Method.Method[..1]}{request.Method.Method[1..].ToLowerInvariant()} \"{request.RequestUri}\": ";
        try
        {
            if (response.Content.Headers.ContentLength > limit)
            {
                throw new RegistryFailure($"{prefix}the answer is larger than {limit} bytes");
            }

            var stream = await response.Content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false);
            using var buffer = new MemoryStream();
            var piece = new byte[32 * 1024];
            for (int read; (read = await stream.ReadAsync(piece, timeout.Token).ConfigureAwait(false)) > 0;)
            {
                if (buffer.Length + read > limit)
                {
                    throw new RegistryFailure($"{prefix}the answer is larger than {limit} bytes");
                }

                buffer.Write(piece, 0, read);
            }

            return buffer.ToArray();
        }
        catch (Exception exception) when (TransportErrors.IsTransport(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw timeout.IsCancellationRequested ? TransportErrors.Stalled(prefix, exception) : TransportErrors.Describe(prefix, exception);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(RequestPlan plan, Uri uri, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        var insecure = await rules.IsInsecureAsync(uri.Authority, cancellationToken).ConfigureAwait(false);
        var settings = rules.SettingsOf(uri.Authority);
        var invoker = pool.For(uri.Authority, insecure, settings);
        using var timer = plan.BodyProgress is null ? new StallTimer(options.ResponseTimeout, 0, cancellationToken) : null;
        var stall = plan.BodyProgress ?? timer!;
        var message = plan.ToMessage(uri);
        message.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        foreach (var (name, values) in settings.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, values);
        }

        message.Headers.Authorization = authorization ?? message.Headers.Authorization;
        try
        {
            return await invoker.SendAsync(message, stall.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (TransportErrors.IsTransport(exception) && !cancellationToken.IsCancellationRequested)
        {
            message.Dispose();
            var prefix = $"{plan.Verb} \"{uri}\": ";
            throw stall.Expired ? TransportErrors.Timeout(prefix, exception)
                : exception is OperationCanceledException ? TransportErrors.Describe(prefix, ConnectTimeout(uri, exception))
                : TransportErrors.Describe(prefix, exception);
        }
    }

    /// <summary>The pool reports its own connect timeout as a cancellation.</summary>
    private static DialException ConnectTimeout(Uri uri, Exception exception) => new($"dial tcp {uri.IdnHost}:{uri.Port}: i/o timeout", isTransient: true, exception);

    private static bool IsRedirect(RequestPlan plan, HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.Location is not null
        && (plan.Method == HttpMethod.Get || plan.Method == HttpMethod.Head || plan.StayOnHost);

    private static Uri Check(RequestPlan plan, Uri from, Uri to)
    {
        if (to.Scheme is not ("http" or "https"))
        {
            throw new RegistryFailure($"{plan.Verb} \"{from}\": redirected to an unsupported scheme {to.Scheme}");
        }

        return plan.StayOnHost && !MayKeepCredentials(from, to)
            ? throw new RegistryFailure($"{plan.Verb} \"{from}\": refusing to follow a redirect of a login to {to.Authority}")
            : to;
    }

    /// <summary>Same host and port, and never from https down to http.</summary>
    private static bool MayKeepCredentials(Uri from, Uri to) =>
        to.Scheme == from.Scheme ? to.Authority == from.Authority : to.Scheme == "https" && to.Host == from.Host;
}
