using System.Net;
using System.Net.Http.Headers;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Server;

/// <summary>Uploads, as the distribution specification has them ("Push").</summary>
public sealed class PushTests : IAsyncLifetime
{
    private readonly byte[] _blob = TestContent.Bytes(100_000);
    private TestRegistry _registry = null!;

    private Digest BlobDigest => Digest.Of(_blob);

    public async Task InitializeAsync() => _registry = await TestRegistry.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Empty(_registry.Failures);
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Base_answers_with_version()
    {
        using var response = await _registry.Http.GetAsync("/v2/");

        HttpAssert.Status(HttpStatusCode.OK, response);
        Assert.Equal("registry/2.0", HttpAssert.Header(response, "Docker-Distribution-Api-Version"));
    }

    [Fact]
    public async Task Monolithic_in_one_post()
    {
        using var response = await SendAsync(HttpMethod.Post, $"/v2/a/b/blobs/uploads/?digest={BlobDigest}", _blob);

        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal($"/v2/a/b/blobs/{BlobDigest}", response.Headers.Location?.ToString());
        await AssertStoredAsync("a/b");
    }

    [Fact]
    public async Task Monolithic_post_then_put()
    {
        var location = await StartAsync("a/b");

        using var response = await SendAsync(HttpMethod.Put, $"{location}?digest={BlobDigest}", _blob);

        HttpAssert.Status(HttpStatusCode.Created, response);
        await AssertStoredAsync("a/b");
    }

    [Fact]
    public async Task Chunked_with_state_between()
    {
        var location = await StartAsync("a/b");
        using var first = await ChunkAsync(location, 0, 40_000);
        HttpAssert.Status(HttpStatusCode.Accepted, first);
        Assert.Equal("0-39999", HttpAssert.Header(first, "Range"));

        using var state = await _registry.Http.GetAsync(location);
        HttpAssert.Status(HttpStatusCode.NoContent, state);
        Assert.Equal("0-39999", HttpAssert.Header(state, "Range"));
        Assert.Equal(location, state.Headers.Location?.ToString());

        using var second = await ChunkAsync(location, 40_000, 50_000);
        HttpAssert.Status(HttpStatusCode.Accepted, second);
        using var last = await SendAsync(HttpMethod.Put, $"{location}?digest={BlobDigest}", _blob[90_000..], "90000-99999");
        HttpAssert.Status(HttpStatusCode.Created, last);
        await AssertStoredAsync("a/b");
    }

    [Theory]
    [InlineData(10, 20)]
    [InlineData(0, 100)]
    public async Task Chunk_out_of_order_is_refused_and_changes_nothing(int offset, int length)
    {
        var location = await StartAsync("a/b");
        using var first = await ChunkAsync(location, 0, 50);

        using var response = await ChunkAsync(location, offset, length);

        await HttpAssert.ErrorAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "RANGE_INVALID", response);
        using var state = await _registry.Http.GetAsync(location);
        Assert.Equal("0-49", HttpAssert.Header(state, "Range"));
    }

    [Fact]
    public async Task Chunk_whose_range_and_length_differ_is_refused()
    {
        var location = await StartAsync("a/b");

        using var response = await SendAsync(HttpMethod.Patch, location, _blob[..10], "0-10");

        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "SIZE_INVALID", response);
    }

    [Fact]
    public async Task Wrong_digest_is_refused_and_nothing_is_stored()
    {
        var other = Digest.Of(TestContent.Bytes(10));
        using var response = await SendAsync(HttpMethod.Post, $"/v2/a/b/blobs/uploads/?digest={other}", _blob);

        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID", response);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_registry.Root, "blobs"), "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_registry.Root, "repositories"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Sha512_blob()
    {
        var digest = TestContent.Sha512(_blob);
        using var response = await SendAsync(HttpMethod.Post, $"/v2/a/b/blobs/uploads/?digest={digest}", _blob);
        HttpAssert.Status(HttpStatusCode.Created, response);

        Assert.Equal(_blob, await _registry.Http.GetByteArrayAsync($"/v2/a/b/blobs/{digest}"));
    }

    [Fact]
    public async Task Mount_links_the_other_repositorys_blob()
    {
        using var pushed = await SendAsync(HttpMethod.Post, $"/v2/from/x/blobs/uploads/?digest={BlobDigest}", _blob);

        using var response = await SendAsync(HttpMethod.Post, $"/v2/to/y/blobs/uploads/?mount={BlobDigest}&from=from/x", []);

        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal($"/v2/to/y/blobs/{BlobDigest}", response.Headers.Location?.ToString());
        await AssertStoredAsync("to/y");
        Assert.Single(Directory.EnumerateFiles(Path.Combine(_registry.Root, "blobs"), "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("&from=nowhere/x")]
    [InlineData("")]
    public async Task Mount_that_cannot_be_done_opens_a_session(string from)
    {
        using var response = await SendAsync(HttpMethod.Post, $"/v2/to/y/blobs/uploads/?mount={BlobDigest}{from}", []);

        HttpAssert.Status(HttpStatusCode.Accepted, response);
        Assert.StartsWith("/v2/to/y/blobs/uploads/", response.Headers.Location?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_upload_is_gone()
    {
        var location = await StartAsync("a/b");
        using var chunk = await ChunkAsync(location, 0, 100);

        using var deleted = await _registry.Http.DeleteAsync(location);

        HttpAssert.Status(HttpStatusCode.NoContent, deleted);
        using var state = await _registry.Http.GetAsync(location);
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN", state);
    }

    [Theory]
    [InlineData("/v2/a/b/blobs/uploads/nonsense")]
    [InlineData("/v2/a/b/blobs/uploads/00000000000000000000000000000000")]
    [InlineData("/v2/a/b/blobs/uploads/..%2F..%2Flock")]
    public async Task Unknown_upload(string path)
    {
        using var response = await _registry.Http.GetAsync(path);

        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN", response);
    }

    [Theory]
    [InlineData("/v2/A/b/blobs/uploads/")]
    [InlineData("/v2/a//b/blobs/uploads/")]
    [InlineData("/v2/_blobs/b/blobs/uploads/")]
    [InlineData("/v2/a/..%2f..%2fetc/blobs/uploads/")]
    [InlineData("/v2/a/-b/blobs/uploads/")]
    public async Task Bad_names(string path)
    {
        using var response = await SendAsync(HttpMethod.Post, path, []);

        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "NAME_INVALID", response);
    }

    [Fact]
    public async Task Same_upload_by_two_requests_at_once_stays_whole()
    {
        var location = await StartAsync("a/b");

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(HttpMethod.Patch, location, _blob[..50_000], "0-49999")));

        Assert.Single(results, r => r.StatusCode == HttpStatusCode.Accepted);
        Assert.Equal(3, results.Count(r => r.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable));
        using var last = await SendAsync(HttpMethod.Put, $"{location}?digest={BlobDigest}", _blob[50_000..]);
        HttpAssert.Status(HttpStatusCode.Created, last);
    }

    [Fact]
    public async Task Sixteen_uploads_of_the_same_blob_at_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 16)
            .Select(i => SendAsync(HttpMethod.Post, $"/v2/r{i % 4}/x/blobs/uploads/?digest={BlobDigest}", _blob)));

        Assert.All(results, r => HttpAssert.Status(HttpStatusCode.Created, r));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(_registry.Root, "blobs"), "*", SearchOption.AllDirectories));
        await AssertStoredAsync("r3/x");
    }

    private async Task<string> StartAsync(string name)
    {
        using var response = await SendAsync(HttpMethod.Post, $"/v2/{name}/blobs/uploads/", []);
        HttpAssert.Status(HttpStatusCode.Accepted, response);
        Assert.Equal("0-0", HttpAssert.Header(response, "Range"));
        return response.Headers.Location!.ToString();
    }

    private Task<HttpResponseMessage> ChunkAsync(string location, int offset, int length) =>
        SendAsync(HttpMethod.Patch, location, _blob[offset..(offset + length)], $"{offset}-{offset + length - 1}");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[] body, string? range = null)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (range is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Range", range);
        }

        return await _registry.Http.SendAsync(new HttpRequestMessage(method, path) { Content = content });
    }

    private async Task AssertStoredAsync(string name) =>
        Assert.Equal(_blob, await _registry.Http.GetByteArrayAsync($"/v2/{name}/blobs/{BlobDigest}"));
}
