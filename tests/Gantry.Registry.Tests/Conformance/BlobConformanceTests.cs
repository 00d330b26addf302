using System.Net;
using Gantry.Oci;
using Gantry.Registry.Tests.Server;
using Gantry.Registry.Tests.Support;
using static Gantry.Registry.Tests.Conformance.ConformanceRegistry;

namespace Gantry.Registry.Tests.Conformance;

/// <summary>Every way to bring a blob in, get it, and take it out (distribution-spec v1.1: end-2, end-4 to end-6, end-10, end-11, end-13, end-14), with both digest algorithms.</summary>
public sealed class BlobConformanceTests : IAsyncLifetime
{
    private const string Name = "conformance/repo1";
    private const string Other = "conformance/repo2";
    private const int Chunk = 1024;
    private TestRegistry _registry = null!;

    public async Task InitializeAsync() => _registry = await TestRegistry.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Empty(_registry.Failures);
        await _registry.DisposeAsync();
    }

    private HttpClient Http => _registry.Http;

    [Theory]
    [InlineData("post", "sha256")]
    [InlineData("post", "sha512")]
    [InlineData("post+put", "sha256")]
    [InlineData("post+put", "sha512")]
    [InlineData("stream", "sha256")]
    [InlineData("stream", "sha512")]
    [InlineData("one chunk", "sha256")]
    [InlineData("one chunk", "sha512")]
    [InlineData("chunks", "sha256")]
    [InlineData("chunks", "sha512")]
    [InlineData("chunks, the last one with put", "sha256")]
    [InlineData("chunks, the last one with put", "sha512")]
    [InlineData("chunks out of order", "sha256")]
    [InlineData("chunks out of order", "sha512")]
    [InlineData("chunks out of order, the last one with put", "sha256")]
    [InlineData("chunks out of order, the last one with put", "sha512")]
    public async Task Pushed(string way, string algorithm)
    {
        var content = TestContent.Bytes(way == "one chunk" ? 512 : (3 * Chunk) - 5);
        var digest = DigestOf(content, algorithm);

        using var response = await PushAsync(way, content, digest);

        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal(digest.ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
        Assert.Equal(content, await Http.GetByteArrayAsync(Location(response)));
        await AssertThereAsync(Name, digest, content);
        await AssertDeletedAsync(Name, digest);
    }

    [Theory]
    [InlineData("post", "sha256")]
    [InlineData("post", "sha512")]
    [InlineData("post+put", "sha256")]
    [InlineData("post+put", "sha512")]
    [InlineData("stream", "sha256")]
    [InlineData("stream", "sha512")]
    [InlineData("chunks", "sha256")]
    [InlineData("chunks", "sha512")]
    [InlineData("chunks, the last one with put", "sha256")]
    [InlineData("chunks, the last one with put", "sha512")]
    public async Task Wrong_digest(string way, string algorithm)
    {
        var content = TestContent.Bytes(3 * Chunk);
        var digest = DigestOf(content[..^5], algorithm);

        using var response = await PushAsync(way, content, digest);

        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID", response);
        using var head = await SendAsync(Http, HttpMethod.Head, $"/v2/{Name}/blobs/{digest}");
        HttpAssert.Status(HttpStatusCode.NotFound, head);
    }

    [Theory]
    [InlineData("", "sha256")]
    [InlineData("{}", "sha256")]
    [InlineData("", "sha512")]
    [InlineData("{}", "sha512")]
    public async Task Well_known_contents(string text, string algorithm)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(text);
        var digest = DigestOf(content, algorithm);

        using var response = await PushBlobAsync(Http, Name, digest, content);

        HttpAssert.Status(HttpStatusCode.Created, response);
        await AssertThereAsync(Name, digest, content);
        await AssertDeletedAsync(Name, digest);
    }

    [Theory]
    [InlineData("&from=conformance%2Frepo2", "sha256")]
    [InlineData("&from=conformance%2Frepo2", "sha512")]
    [InlineData("", "sha256")]
    [InlineData("", "sha512")]
    public async Task Mounted(string from, string algorithm)
    {
        var content = TestContent.Bytes(512);
        var digest = DigestOf(content, algorithm);
        using var pushed = await PushBlobAsync(Http, Other, digest, content);

        using var response = await SendAsync(Http, HttpMethod.Post, $"/v2/{Name}/blobs/uploads/?mount={digest}{from}", []);

        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal(digest.ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
        Assert.Equal(content, await Http.GetByteArrayAsync(Location(response)));
        await AssertDeletedAsync(Other, digest);
        await AssertThereAsync(Name, digest, content);
    }

    [Theory]
    [InlineData("&from=conformance%2Frepo2", "sha256")]
    [InlineData("&from=conformance%2Frepo2", "sha512")]
    [InlineData("", "sha256")]
    [InlineData("", "sha512")]
    public async Task Mount_of_what_is_not_there_becomes_an_upload(string from, string algorithm)
    {
        var content = TestContent.Bytes(512);
        var digest = DigestOf(content, algorithm);
        using var response = await SendAsync(Http, HttpMethod.Post, $"/v2/{Name}/blobs/uploads/?mount={digest}{from}", []);
        HttpAssert.Status(HttpStatusCode.Accepted, response);

        using var put = await SendAsync(Http, HttpMethod.Put, WithDigest(Location(response), digest), content);

        HttpAssert.Status(HttpStatusCode.Created, put);
        Assert.Equal(content, await Http.GetByteArrayAsync(Location(put)));
        await AssertThereAsync(Name, digest, content);
    }

    [Fact]
    public async Task Cancelled()
    {
        var location = await StartAsync(Http, Name);

        using var cancelled = await SendAsync(Http, HttpMethod.Delete, location);

        HttpAssert.Status(HttpStatusCode.NoContent, cancelled);
        using var state = await SendAsync(Http, HttpMethod.Get, location);
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN", state);
    }

    [Fact]
    public async Task Missing()
    {
        using var head = await SendAsync(Http, HttpMethod.Head, $"/v2/{Name}/blobs/{Digest.Of("nowhere"u8)}");
        HttpAssert.Status(HttpStatusCode.NotFound, head);
        using var get = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/blobs/{Digest.Of("nowhere"u8)}");
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN", get);
        using var delete = await SendAsync(Http, HttpMethod.Delete, $"/v2/{Name}/blobs/{Digest.Of("nowhere"u8)}");
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN", delete);
    }

    [Theory]
    [InlineData("bytes=500-1499", 500, 1499)]
    [InlineData("bytes=500-", 500, 2047)]
    [InlineData("bytes=-500", 1548, 2047)]
    [InlineData("bytes=2000-5000", 2000, 2047)]
    [InlineData("bytes=500-0", -1, -1)]
    [InlineData("bytes=5000-10000", -1, -1)]
    public async Task Ranges(string range, int first, int last)
    {
        foreach (var algorithm in new[] { "sha256", "sha512" })
        {
            await RangeAsync(algorithm, range, first, last);
        }
    }

    private async Task RangeAsync(string algorithm, string range, int first, int last)
    {
        var content = TestContent.Bytes(2048);
        var digest = DigestOf(content, algorithm);
        using var pushed = await PushBlobAsync(Http, Name, digest, content);

        using var response = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/blobs/{digest}", range: range);

        if (first < 0)
        {
            await HttpAssert.ErrorAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "RANGE_INVALID", response);
            return;
        }

        HttpAssert.Status(HttpStatusCode.PartialContent, response);
        Assert.Equal($"bytes {first}-{last}/2048", HttpAssert.Header(response, "Content-Range"));
        Assert.Equal(last - first + 1, response.Content.Headers.ContentLength);
        Assert.Equal(content[first..(last + 1)], await response.Content.ReadAsByteArrayAsync());
    }

    private async Task<HttpResponseMessage> PushAsync(string way, byte[] content, Digest digest)
    {
        if (way == "post")
        {
            return await SendAsync(Http, HttpMethod.Post, $"/v2/{Name}/blobs/uploads/?digest={digest}", content);
        }

        if (way == "post+put")
        {
            return await PushBlobAsync(Http, Name, digest, content);
        }

        var location = await StartAsync(Http, Name);
        if (way == "stream")
        {
            using var streamed = await SendAsync(Http, HttpMethod.Patch, location, content);
            HttpAssert.Status(HttpStatusCode.Accepted, streamed);
            return await SendAsync(Http, HttpMethod.Put, WithDigest(Location(streamed), digest), []);
        }

        var putLast = way.EndsWith("the last one with put", StringComparison.Ordinal);
        for (var start = 0; start < content.Length; start += Chunk)
        {
            if (way.StartsWith("chunks out of order", StringComparison.Ordinal))
            {
                location = await OutOfOrderAsync(location, content, start, putLast ? digest : default);
            }

            var end = Math.Min(start + Chunk, content.Length);
            var (body, range) = (content[start..end], $"{start}-{end - 1}");
            if (end == content.Length && putLast)
            {
                return await SendAsync(Http, HttpMethod.Put, WithDigest(location, digest), body, contentRange: range);
            }

            using var chunk = await SendAsync(Http, HttpMethod.Patch, location, body, contentRange: range);
            HttpAssert.Status(HttpStatusCode.Accepted, chunk);
            Assert.Equal($"0-{end - 1}", HttpAssert.Header(chunk, "Range"));
            location = Location(chunk);
        }

        return await SendAsync(Http, HttpMethod.Put, WithDigest(location, digest), []);
    }

    /// <summary>A chunk that is not next is refused with where the upload stands, and GET tells that as well.</summary>
    /// <param name="putLast">The digest with which the last chunk comes as PUT, also when it is not its turn.</param>
    private async Task<string> OutOfOrderAsync(string location, byte[] content, int have, Digest putLast)
    {
        var start = have + Chunk < content.Length ? have + Chunk : 0;
        var end = Math.Min(start + Chunk, content.Length);
        var isPut = !putLast.IsEmpty && end == content.Length;
        using var refused = await SendAsync(
            Http, isPut ? HttpMethod.Put : HttpMethod.Patch, isPut ? WithDigest(location, putLast) : location, content[start..end], contentRange: $"{start}-{end - 1}");
        await HttpAssert.ErrorAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "RANGE_INVALID", refused);
        Assert.Equal($"0-{Math.Max(0, have - 1)}", HttpAssert.Header(refused, "Range"));

        using var state = await SendAsync(Http, HttpMethod.Get, Location(refused));
        HttpAssert.Status(HttpStatusCode.NoContent, state);
        Assert.Equal($"0-{Math.Max(0, have - 1)}", HttpAssert.Header(state, "Range"));
        return Location(state);
    }

    private async Task AssertThereAsync(string name, Digest digest, byte[] content)
    {
        foreach (var method in new[] { HttpMethod.Head, HttpMethod.Get })
        {
            using var response = await SendAsync(Http, method, $"/v2/{name}/blobs/{digest}");
            HttpAssert.Status(HttpStatusCode.OK, response);
            Assert.Equal(digest.ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
            Assert.Equal(content.Length, response.Content.Headers.ContentLength);
            Assert.Equal(method == HttpMethod.Head ? [] : content, await response.Content.ReadAsByteArrayAsync());
        }
    }

    private async Task AssertDeletedAsync(string name, Digest digest)
    {
        using var deleted = await SendAsync(Http, HttpMethod.Delete, $"/v2/{name}/blobs/{digest}");
        HttpAssert.Status(HttpStatusCode.Accepted, deleted);
        using var head = await SendAsync(Http, HttpMethod.Head, $"/v2/{name}/blobs/{digest}");
        HttpAssert.Status(HttpStatusCode.NotFound, head);
    }

    private static Digest DigestOf(byte[] content, string algorithm) => algorithm == "sha512" ? TestContent.Sha512(content) : Digest.Of(content);
}
