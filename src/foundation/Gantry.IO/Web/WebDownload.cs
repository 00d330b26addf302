using System.Net;
using System.Text;
using Gantry.Errors;

namespace Gantry.IO.Web;

/// <summary>Files that an image is made of and that are elsewhere on the web: GET, with redirects and the proxies of the environment.</summary>
public static class WebDownload
{
    /// <summary>Of an error's body, what its text quotes.</summary>
    private const int MaxErrorBody = 64 * 1024;

    private static readonly HttpClient s_client = new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        ConnectCallback = Dialer.ConnectAsync,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        MaxAutomaticRedirections = 10,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    })
    { Timeout = TimeSpan.FromMinutes(30) };

    /// <summary>The head of the answer has arrived when this returns; the caller disposes the answer, which is a success.</summary>
    /// <param name="url">With its scheme.</param>
    /// <exception cref="GantryException">
    /// Internal: no answer. NotFound, InvalidArgument, Unauthorized or Forbidden: that answer; Internal: any other refusal. InvalidArgument: no URL. All in Docker's words.
    /// </exception>
    public static async Task<HttpResponseMessage> GetAsync(string url, CancellationToken cancellationToken)
    {
        var address = Parse(url);
        HttpResponseMessage response;
        try
        {
            response = await s_client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (TransportFault.IsTransport(e) && !cancellationToken.IsCancellationRequested)
        {
            throw GantryException.Internal($"Get \"{url}\": {TransportFault.Of(e).Message}", e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await RefusalAsync(url, response, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Uri Parse(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        var scheme = start < 0 ? url.TrimEnd(':') : url[..start];
        var host = start < 0 ? string.Empty : url[(start + 3)..].Split('/', '?', '#')[0];
        if (host.Contains(' ', StringComparison.Ordinal))
        {
            throw GantryException.InvalidArgument($"parse \"{url}\": invalid character \" \" in host name");
        }

        return scheme.ToLowerInvariant() is not ("http" or "https") ? throw GantryException.Internal($"Get \"{url}\": unsupported protocol scheme \"{scheme}\"")
            : host.Length == 0 ? throw GantryException.Internal($"Get \"{url}\": http: no Host in request URL")
            : Uri.TryCreate(url, UriKind.Absolute, out var address) ? address
            : throw GantryException.InvalidArgument($"parse \"{url}\": invalid URL");
    }

    private static async Task<GantryException> RefusalAsync(string url, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = $"failed to GET {url} with status {(int)response.StatusCode} {response.ReasonPhrase}: ";
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var buffer = new byte[MaxErrorBody];
            var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            text += Encoding.UTF8.GetString(buffer, 0, length).Trim();
        }
        catch (Exception e) when (TransportFault.IsTransport(e) && !cancellationToken.IsCancellationRequested)
        {
            return GantryException.Internal(text + "error reading body", e);
        }

        return new GantryException(KindOf(response.StatusCode), text);
    }

    private static ErrorKind KindOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound => ErrorKind.NotFound,
        HttpStatusCode.BadRequest => ErrorKind.InvalidArgument,
        HttpStatusCode.Unauthorized => ErrorKind.Unauthorized,
        HttpStatusCode.Forbidden => ErrorKind.Forbidden,
        _ => ErrorKind.Internal,
    };
}
