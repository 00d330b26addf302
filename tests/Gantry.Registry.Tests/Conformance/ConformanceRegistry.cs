using System.Net.Http.Headers;
using Gantry.Oci;

namespace Gantry.Registry.Tests.Conformance;

/// <summary>Requests as the distribution specification writes them, with nothing of our own client in between.</summary>
internal static class ConformanceRegistry
{
    internal static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpMethod method, string path, byte[]? body = null, string contentType = "application/octet-stream", string? contentRange = null, string? range = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new ByteArrayContent(body) };
        if (body is not null)
        {
            request.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        if (contentRange is not null)
        {
            request.Content!.Headers.TryAddWithoutValidation("Content-Range", contentRange);
        }

        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        return await http.SendAsync(request);
    }

    /// <summary>POST and then PUT with the whole blob (end-4a, end-6).</summary>
    internal static async Task<HttpResponseMessage> PushBlobAsync(HttpClient http, string name, Digest digest, byte[] content) =>
        await SendAsync(http, HttpMethod.Put, WithDigest(await StartAsync(http, name), digest), content);

    internal static async Task<string> StartAsync(HttpClient http, string name)
    {
        using var started = await SendAsync(http, HttpMethod.Post, $"/v2/{name}/blobs/uploads/", []);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, started.StatusCode);
        return Location(started);
    }

    internal static string Location(HttpResponseMessage response)
    {
        Assert.NotNull(response.Headers.Location);
        return response.Headers.Location.ToString();
    }

    internal static string WithDigest(string location, Digest digest) => $"{location}{(location.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={Uri.EscapeDataString(digest.ToString())}";
}
