using System.Net;
using System.Net.Http.Headers;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Server;

/// <summary>GET and HEAD of blobs and manifests, with ranges and conditions.</summary>
public sealed class PullTests : IAsyncLifetime
{
    private const string Name = "deep/er/repository";
    private readonly byte[] _blob = TestContent.Bytes(3_000_000);
    private TestRegistry _registry = null!;
    private byte[] _manifest = [];

    private string BlobPath => $"/v2/{Name}/blobs/{Digest.Of(_blob)}";

    public async Task InitializeAsync()
    {
        _registry = await TestRegistry.StartAsync();
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(_registry.Reference(Name));
        await repository.UploadAsync(TestContent.Source(_blob));
        (_manifest, _, _) = await TestContent.PushImageAsync(repository, "v1");
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(_registry.Failures);
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Blob_whole()
    {
        using var response = await _registry.Http.GetAsync(BlobPath);

        HttpAssert.Status(HttpStatusCode.OK, response);
        Assert.Equal(_blob, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(Digest.Of(_blob).ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
        Assert.Equal("bytes", HttpAssert.Header(response, "Accept-Ranges"));
    }

    [Fact]
    public async Task Blob_head()
    {
        using var response = await _registry.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, BlobPath));

        HttpAssert.Status(HttpStatusCode.OK, response);
        Assert.Equal(_blob.Length, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=100-199", 100, 100)]
    [InlineData("bytes=2999999-", 2999999, 1)]
    [InlineData("bytes=1-99999999", 1, 2999999)]
    [InlineData("bytes=-10", 2999990, 10)]
    public async Task Blob_part(string range, int offset, int length)
    {
        using var response = await RangeAsync(range);

        HttpAssert.Status(HttpStatusCode.PartialContent, response);
        Assert.Equal($"bytes {offset}-{offset + length - 1}/{_blob.Length}", HttpAssert.Header(response, "Content-Range"));
        Assert.Equal(_blob[offset..(offset + length)], await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=3000000-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=5-2")]
    public async Task Range_that_cannot_be_satisfied(string range)
    {
        using var response = await RangeAsync(range);

        await HttpAssert.ErrorAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "RANGE_INVALID", response);
        Assert.Equal($"bytes */{_blob.Length}", HttpAssert.Header(response, "Content-Range"));
    }

    [Theory]
    [InlineData("bytes=1-2,4-5")]
    [InlineData("lines=1-2")]
    [InlineData("bytes=x")]
    public async Task Range_that_is_none_gives_everything(string range)
    {
        using var response = await RangeAsync(range);

        HttpAssert.Status(HttpStatusCode.OK, response);
        Assert.Equal(_blob.Length, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Blob_the_client_has_already()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, BlobPath);
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{Digest.Of(_blob)}\""));

        using var response = await _registry.Http.SendAsync(request);

        HttpAssert.Status(HttpStatusCode.NotModified, response);
    }

    [Fact]
    public async Task Anything_the_client_has_already()
    {
        foreach (var path in new[] { BlobPath, $"/v2/{Name}/manifests/v1" })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);

            using var response = await _registry.Http.SendAsync(request);

            HttpAssert.Status(HttpStatusCode.NotModified, response);
        }
    }

    /// <summary>A part is of use only to who has the rest of the same content.</summary>
    [Theory]
    [InlineData("it", HttpStatusCode.PartialContent)]
    [InlineData("\"sha256:other\"", HttpStatusCode.OK)]
    [InlineData("W/it", HttpStatusCode.OK)]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT", HttpStatusCode.OK)]
    public async Task Part_of_what_the_client_has(string of, HttpStatusCode status)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, BlobPath);
        request.Headers.TryAddWithoutValidation("Range", "bytes=100-199");
        request.Headers.TryAddWithoutValidation("If-Range", of.Replace("it", $"\"{Digest.Of(_blob)}\"", StringComparison.Ordinal));

        using var response = await _registry.Http.SendAsync(request);

        HttpAssert.Status(status, response);
        Assert.Equal(status == HttpStatusCode.OK ? _blob.Length : 100, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Unknown_blob()
    {
        using var response = await _registry.Http.GetAsync($"/v2/{Name}/blobs/{Digest.Of([1])}");

        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN", response);
    }

    [Fact]
    public async Task Blob_of_another_repository_is_unknown()
    {
        using var response = await _registry.Http.GetAsync($"/v2/other/blobs/{Digest.Of(_blob)}");

        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN", response);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("")]
    public async Task Manifest_by_tag_and_digest(string reference)
    {
        var path = $"/v2/{Name}/manifests/{(reference.Length > 0 ? reference : Digest.Of(_manifest).ToString())}";
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using var response = await _registry.Http.SendAsync(new HttpRequestMessage(method, path));

            HttpAssert.Status(HttpStatusCode.OK, response);
            Assert.Equal(MediaTypes.OciManifest, response.Content.Headers.ContentType?.ToString());
            Assert.Equal(Digest.Of(_manifest).ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
            Assert.Equal(_manifest.Length, response.Content.Headers.ContentLength);
            Assert.Equal(method == HttpMethod.Get ? _manifest : [], await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("missing", HttpStatusCode.NotFound, "MANIFEST_UNKNOWN")]
    [InlineData(".hidden", HttpStatusCode.BadRequest, "TAG_INVALID")]
    [InlineData("sha256:abc", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000", HttpStatusCode.NotFound, "MANIFEST_UNKNOWN")]
    public async Task Manifest_that_is_not_there(string reference, HttpStatusCode status, string code)
    {
        using var response = await _registry.Http.GetAsync($"/v2/{Name}/manifests/{reference}");

        await HttpAssert.ErrorAsync(status, code, response);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v1/")]
    [InlineData("/v2/x")]
    [InlineData("/v2/x/y/z")]
    [InlineData("/token")]
    public async Task Other_paths_are_unknown(string path)
    {
        using var response = await _registry.Http.GetAsync(path);

        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "NOT_FOUND", response);
    }

    private async Task<HttpResponseMessage> RangeAsync(string range)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, BlobPath);
        request.Headers.TryAddWithoutValidation("Range", range);
        return await _registry.Http.SendAsync(request);
    }
}
