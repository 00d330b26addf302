using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Errors;

namespace Gantry.RegistryServer.Acme;

/// <summary>
/// Gets a certificate from an authority (RFC 8555): account, order, a challenge for each domain, the request to sign, the chain. One run at a time.
/// </summary>
/// <param name="publish">Has a challenge's token answered with what comes with it.</param>
internal sealed class AcmeClient(HttpClient http, RegistryAcme options, AccountKey key, Action<string, string> publish)
{
    private const int MaxNonces = 3;
    private const int MaxPolls = 60;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);
    private string? _nonce;
    private AcmeDirectory? _directory;
    private Uri? _account;

    /// <returns>The chain as PEM, the domains' certificate first.</returns>
    /// <exception cref="GantryException">Internal: the authority refuses, or can't be reached.</exception>
    internal async Task<string> OrderAsync(ECDsa certificateKey, CancellationToken cancellationToken)
    {
        try
        {
            // The account is asked for with the key itself, each time: the authority answers with the one that it knows.
            _account = null;
            _directory = await DirectoryAsync(cancellationToken).ConfigureAwait(false);
            var contact = options.Email is null ? null : new[] { $"mailto:{options.Email}" };
            (_, _account) = await PostAsync(_directory.NewAccount!, new AcmeAccount(true, contact), AcmeJson.Default.AcmeAccount, cancellationToken).ConfigureAwait(false);
            var request = new AcmeOrderRequest([.. options.Domains.Select(domain => new AcmeIdentifier("dns", domain))]);
            var (order, address) = await PostAsync(
                _directory.NewOrder!, request, AcmeJson.Default.AcmeOrderRequest, AcmeJson.Default.AcmeOrder, cancellationToken).ConfigureAwait(false);
            foreach (var authorization in order.Authorizations ?? [])
            {
                await AuthorizeAsync(authorization, cancellationToken).ConfigureAwait(false);
            }

            var finalize = order.Finalize ?? throw Malformed("an order without an address to finalize it at");
            await PostAsync(finalize, new AcmeFinalize(Request(certificateKey)), AcmeJson.Default.AcmeFinalize, AcmeJson.Default.AcmeOrder, cancellationToken).ConfigureAwait(false);
            order = await PollAsync(
                address ?? throw Malformed("an order without an address"), AcmeJson.Default.AcmeOrder, o => o.Status, o => o.Error, cancellationToken).ConfigureAwait(false);
            var (chain, _) = await PostAsync(order.Certificate ?? throw Malformed("a valid order without a certificate"), null, cancellationToken).ConfigureAwait(false);
            return System.Text.Encoding.ASCII.GetString(chain);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw GantryException.Internal($"acme: {options.Directory}: {exception.Message}", exception);
        }
    }

    private async Task<AcmeDirectory> DirectoryAsync(CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(options.Directory, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        var directory = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), AcmeJson.Default.AcmeDirectory);
        return directory is { NewNonce: not null, NewAccount: not null, NewOrder: not null } ? directory : throw Malformed("a directory without what is needed");
    }

    private async Task AuthorizeAsync(Uri address, CancellationToken cancellationToken)
    {
        var (body, _) = await PostAsync(address, null, cancellationToken).ConfigureAwait(false);
        var authorization = Parse(body, AcmeJson.Default.AcmeAuthorization);
        if (authorization.Status == "valid")
        {
            return;
        }

        var domain = authorization.Identifier?.Value;
        var challenge = authorization.Challenges?.FirstOrDefault(c => c is { Type: "http-01", Url: not null, Token.Length: > 0 })
            ?? throw GantryException.Internal($"acme: {domain}: the authority offers no http-01 challenge");
        publish(challenge.Token!, $"{challenge.Token}.{key.Thumbprint}");
        await PostAsync(challenge.Url!, "{}"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await PollAsync(
            address, AcmeJson.Default.AcmeAuthorization, a => a.Status,
            a => a.Challenges?.Select(c => c.Error).FirstOrDefault(error => error is not null), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks until it is valid.</summary>
    private async Task<T> PollAsync<T>(Uri address, JsonTypeInfo<T> type, Func<T, string?> status, Func<T, AcmeProblem?> error, CancellationToken cancellationToken)
    {
        for (var poll = 0; poll < MaxPolls; poll++)
        {
            var wait = TimeSpan.FromSeconds(Math.Min(poll, 5));
            var (body, _) = await PostAsync(address, null, cancellationToken, retryAfter => wait = retryAfter).ConfigureAwait(false);
            var state = Parse(body, type);
            switch (status(state))
            {
                case "valid":
                    return state;
                case "invalid" or "deactivated" or "expired" or "revoked":
                    throw GantryException.Internal($"acme: {options.Directory} refuses: {error(state)?.Detail ?? status(state)}");
                default:
                    await Task.Delay(wait < s_longestWait ? wait : s_longestWait, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        throw GantryException.Internal($"acme: {options.Directory} does not come to an end");
    }

    private string Request(ECDsa certificateKey)
    {
        var request = new CertificateRequest(new X500DistinguishedName($"CN={options.Domains[0]}"), certificateKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var domain in options.Domains)
        {
            names.AddDnsName(domain);
        }

        request.CertificateExtensions.Add(names.Build());
        return Base64Url.EncodeToString(request.CreateSigningRequest());
    }

    private async Task<(byte[] Body, Uri? Location)> PostAsync<TIn>(Uri url, TIn payload, JsonTypeInfo<TIn> type, CancellationToken cancellationToken) =>
        await PostAsync(url, JsonSerializer.SerializeToUtf8Bytes(payload, type), cancellationToken).ConfigureAwait(false);

    private async Task<(TOut Answer, Uri? Location)> PostAsync<TIn, TOut>(
        Uri url, TIn payload, JsonTypeInfo<TIn> type, JsonTypeInfo<TOut> answer, CancellationToken cancellationToken)
    {
        var (body, location) = await PostAsync(url, payload, type, cancellationToken).ConfigureAwait(false);
        return (Parse(body, answer), location);
    }

    /// <summary>A signed request; one whose nonce the authority does not like is sent again with the one that it gave.</summary>
    private async Task<(byte[] Body, Uri? Location)> PostAsync(Uri url, byte[]? payload, CancellationToken cancellationToken, Action<TimeSpan>? retryAfter = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var nonce = Interlocked.Exchange(ref _nonce, null) ?? await NonceAsync(cancellationToken).ConfigureAwait(false);
            using var content = new ByteArrayContent(key.Sign(url, nonce, _account, payload));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
            using var response = await http.PostAsync(url, content, cancellationToken).ConfigureAwait(false);
            _nonce = NonceOf(response);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                if (response.Headers.RetryAfter?.Delta is { } wait)
                {
                    retryAfter?.Invoke(wait);
                }

                return (body, response.Headers.Location is { } location ? new Uri(url, location) : null);
            }

            var problem = ProblemOf(body);
            if (problem?.Type != "urn:ietf:params:acme:error:badNonce" || attempt == MaxNonces)
            {
                throw GantryException.Internal($"acme: {url}: {problem?.Detail ?? $"answer {(int)response.StatusCode}"}");
            }
        }
    }

    private async Task<string> NonceAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, _directory!.NewNonce);
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return NonceOf(response) ?? throw Malformed("no nonce");
    }

    private static string? NonceOf(HttpResponseMessage response) => response.Headers.TryGetValues("Replay-Nonce", out var values) ? values.FirstOrDefault() : null;

    private T Parse<T>(byte[] body, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(body, type) ?? throw Malformed("null");

    private static AcmeProblem? ProblemOf(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, AcmeJson.Default.AcmeProblem);
        }
        catch (JsonException)
        {
            // Not every server on the way speaks in problems.
            return null;
        }
    }

    private GantryException Malformed(string what) => GantryException.Internal($"acme: {options.Directory} answered with {what}");
}
