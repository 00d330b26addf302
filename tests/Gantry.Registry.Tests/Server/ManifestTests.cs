using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Server;

/// <summary>Manifests: what is taken and what is not, tags, referrers, deletes.</summary>
public sealed class ManifestTests : IAsyncLifetime
{
    private readonly byte[] _config = "{\"os\":\"linux\"}"u8.ToArray();
    private readonly byte[] _layer = TestContent.Bytes(1000);
    private TestRegistry _registry = null!;

    private Descriptor Config => TestContent.Describe(_config, MediaTypes.OciConfig);

    private Descriptor Layer => TestContent.Describe(_layer);

    public async Task InitializeAsync()
    {
        _registry = await TestRegistry.StartAsync();
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(_registry.Reference("a/b"));
        await repository.UploadAsync(TestContent.Source(_config));
        await repository.UploadAsync(TestContent.Source(_layer));
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(_registry.Failures);
        await _registry.DisposeAsync();
    }

    [Theory]
    [InlineData(MediaTypes.OciManifest)]
    [InlineData(MediaTypes.DockerManifest)]
    public async Task Put_and_get(string mediaType)
    {
        var manifest = TestContent.Manifest(Config, [Layer], mediaType);

        using var response = await PutAsync("v1", manifest, mediaType);

        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal($"/v2/a/b/manifests/{Digest.Of(manifest)}", response.Headers.Location?.ToString());
        Assert.Equal(Digest.Of(manifest).ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
        using var got = await _registry.Http.GetAsync("/v2/a/b/manifests/v1");
        Assert.Equal(manifest, await got.Content.ReadAsByteArrayAsync());
        Assert.Equal(mediaType, got.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Put_by_sha512()
    {
        var manifest = TestContent.Manifest(Config, [Layer]);
        var digest = TestContent.Sha512(manifest);

        using var response = await PutAsync(digest.ToString(), manifest);

        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal(manifest, await _registry.Http.GetByteArrayAsync($"/v2/a/b/manifests/{digest}"));
    }

    [Fact]
    public async Task Without_layers_is_fine() =>
        HttpAssert.Status(HttpStatusCode.Created, await PutAsync("empty", TestContent.Manifest(Config, [])));

    [Fact]
    public async Task Missing_blob_is_refused()
    {
        using var response = await PutAsync("v1", TestContent.Manifest(Config, [Layer with { Digest = Digest.Of([7]) }]));

        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "MANIFEST_BLOB_UNKNOWN", response);
    }

    [Fact]
    public async Task Missing_layer_that_lives_elsewhere_is_taken()
    {
        var foreign = new Descriptor { MediaType = MediaTypes.DockerForeignLayerGzip, Digest = Digest.Of([7]), Size = 1, Urls = ["http://example.invalid/layer"] };

        HttpAssert.Status(HttpStatusCode.Created, await PutAsync("v1", TestContent.Manifest(Config, [foreign])));
    }

    [Fact]
    public async Task Index_needs_its_manifests()
    {
        var manifest = TestContent.Manifest(Config, [Layer]);
        var index = TestContent.Index([new Descriptor { MediaType = MediaTypes.OciManifest, Digest = Digest.Of(manifest), Size = manifest.Length }]);
        using var early = await PutAsync("multi", index, MediaTypes.OciIndex);
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "MANIFEST_BLOB_UNKNOWN", early);

        using var child = await PutAsync(Digest.Of(manifest).ToString(), manifest);
        using var late = await PutAsync("multi", index, MediaTypes.OciIndex);

        HttpAssert.Status(HttpStatusCode.Created, late);
    }

    [Theory]
    [InlineData("not json", MediaTypes.OciManifest)]
    [InlineData("[]", MediaTypes.OciManifest)]
    [InlineData("null", MediaTypes.OciManifest)]
    [InlineData("{}", MediaTypes.OciManifest)]
    [InlineData("{\"schemaVersion\":1,\"config\":{\"digest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"}}", MediaTypes.OciManifest)]
    [InlineData("{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:00\"}}", MediaTypes.OciManifest)]
    [InlineData("{\"schemaVersion\":2,\"config\":null,\"layers\":[null]}", MediaTypes.OciManifest)]
    [InlineData("{\"schemaVersion\":2,\"layers\":null}", MediaTypes.OciManifest)]
    [InlineData("{\"schemaVersion\":2,\"manifests\":null}", MediaTypes.OciIndex)]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[null]}", MediaTypes.OciIndex)]
    [InlineData("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}", MediaTypes.OciManifest)]
    [InlineData("{}", "text/html")]
    public async Task Malformed_manifests_are_refused(string text, string mediaType)
    {
        using var response = await PutAsync("v1", Encoding.UTF8.GetBytes(text), mediaType);

        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID", response);
    }

    [Fact]
    public async Task Huge_manifest_is_refused()
    {
        var padded = TestContent.Manifest(Config, [Layer]).Concat(Enumerable.Repeat((byte)' ', 5 << 20)).ToArray();

        using var response = await PutAsync("v1", padded);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Wrong_digest_is_refused()
    {
        using var response = await PutAsync(Digest.Of([1]).ToString(), TestContent.Manifest(Config, [Layer]));

        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID", response);
    }

    [Fact]
    public async Task Tags_in_pages()
    {
        var manifest = TestContent.Manifest(Config, [Layer]);
        foreach (var tag in new[] { "c", "a", "d", "b", "B" })
        {
            (await PutAsync(tag, manifest)).Dispose();
        }

        Assert.Equal(["B", "a", "b", "c", "d"], await TagsAsync("/v2/a/b/tags/list"));
        Assert.Equal(["B", "a"], await TagsAsync("/v2/a/b/tags/list?n=2"));
        Assert.Equal(["b", "c"], await TagsAsync("/v2/a/b/tags/list?n=2&last=a"));
        Assert.Equal(["d"], await TagsAsync("/v2/a/b/tags/list?n=2&last=c"));
        Assert.Equal(["c", "d"], await TagsAsync("/v2/a/b/tags/list?last=bb"));
        Assert.Empty(await TagsAsync("/v2/a/b/tags/list?n=0"));
        using var page = await _registry.Http.GetAsync("/v2/a/b/tags/list?n=2");
        Assert.Equal("</v2/a/b/tags/list?last=a&n=2>; rel=\"next\"", HttpAssert.Header(page, "Link"));
        using var last = await _registry.Http.GetAsync("/v2/a/b/tags/list?n=2&last=c");
        Assert.Equal(string.Empty, HttpAssert.Header(last, "Link"));
        using var bad = await _registry.Http.GetAsync("/v2/a/b/tags/list?n=x");
        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "PAGINATION_NUMBER_INVALID", bad);
    }

    [Fact]
    public async Task Tags_of_an_unknown_repository()
    {
        using var response = await _registry.Http.GetAsync("/v2/no/where/tags/list");

        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN", response);
    }

    [Fact]
    public async Task Catalog_lists_repositories_with_manifests()
    {
        (await PutAsync("v1", TestContent.Manifest(Config, [Layer]))).Dispose();
        (await _registry.Http.PostAsync("/v2/only/blobs/blobs/uploads/", null)).Dispose();

        using var json = JsonDocument.Parse(await _registry.Http.GetStringAsync("/v2/_catalog"));

        Assert.Equal(["a/b"], json.RootElement.GetProperty("repositories").EnumerateArray().Select(e => e.GetString()));
    }

    [Fact]
    public async Task Delete_tag_keeps_the_manifest()
    {
        var manifest = TestContent.Manifest(Config, [Layer]);
        (await PutAsync("v1", manifest)).Dispose();
        (await PutAsync("v2", manifest)).Dispose();

        HttpAssert.Status(HttpStatusCode.Accepted, await _registry.Http.DeleteAsync("/v2/a/b/manifests/v1"));

        Assert.Equal(["v2"], await TagsAsync("/v2/a/b/tags/list"));
        HttpAssert.Status(HttpStatusCode.OK, await _registry.Http.GetAsync($"/v2/a/b/manifests/{Digest.Of(manifest)}"));
        HttpAssert.Status(HttpStatusCode.NotFound, await _registry.Http.DeleteAsync("/v2/a/b/manifests/v1"));
    }

    [Fact]
    public async Task Delete_manifest_takes_its_tags_along()
    {
        var manifest = TestContent.Manifest(Config, [Layer]);
        (await PutAsync("v1", manifest)).Dispose();

        HttpAssert.Status(HttpStatusCode.Accepted, await _registry.Http.DeleteAsync($"/v2/a/b/manifests/{Digest.Of(manifest)}"));

        Assert.Empty(await TagsAsync("/v2/a/b/tags/list"));
        HttpAssert.Status(HttpStatusCode.NotFound, await _registry.Http.GetAsync("/v2/a/b/manifests/v1"));
        HttpAssert.Status(HttpStatusCode.NotFound, await _registry.Http.DeleteAsync($"/v2/a/b/manifests/{Digest.Of(manifest)}"));
        Assert.False(File.Exists(Path.Combine(_registry.Root, "blobs", "sha256", Digest.Of(manifest).Hex[..2], Digest.Of(manifest).Hex)));
    }

    [Fact]
    public async Task Delete_blob_frees_it_when_no_repository_has_it()
    {
        (await _registry.Http.PostAsync($"/v2/c/d/blobs/uploads/?mount={Layer.Digest}&from=a/b", null)).Dispose();
        var file = Path.Combine(_registry.Root, "blobs", "sha256", Layer.Digest.Hex[..2], Layer.Digest.Hex);

        HttpAssert.Status(HttpStatusCode.Accepted, await _registry.Http.DeleteAsync($"/v2/a/b/blobs/{Layer.Digest}"));
        Assert.True(File.Exists(file));
        HttpAssert.Status(HttpStatusCode.NotFound, await _registry.Http.GetAsync($"/v2/a/b/blobs/{Layer.Digest}"));
        HttpAssert.Status(HttpStatusCode.OK, await _registry.Http.GetAsync($"/v2/c/d/blobs/{Layer.Digest}"));

        HttpAssert.Status(HttpStatusCode.Accepted, await _registry.Http.DeleteAsync($"/v2/c/d/blobs/{Layer.Digest}"));
        Assert.False(File.Exists(file));
        HttpAssert.Status(HttpStatusCode.NotFound, await _registry.Http.DeleteAsync($"/v2/c/d/blobs/{Layer.Digest}"));
    }

    [Fact]
    public async Task Referrers_with_filter()
    {
        var subject = TestContent.Manifest(Config, [Layer]);
        var descriptor = new Descriptor { MediaType = MediaTypes.OciManifest, Digest = Digest.Of(subject), Size = subject.Length };
        var signature = TestContent.Manifest(Config, [Layer], subject: descriptor, artifactType: "application/x.signature");
        var sbom = TestContent.Manifest(Config, [Layer], subject: descriptor, artifactType: "application/x.sbom");

        // A referrer may come before its subject.
        using var put = await PutAsync(Digest.Of(signature).ToString(), signature);
        Assert.Equal(descriptor.Digest.ToString(), HttpAssert.Header(put, "OCI-Subject"));
        (await PutAsync("v1", subject)).Dispose();
        (await PutAsync("sbom", sbom)).Dispose();

        Assert.Equal(
            new[] { Digest.Of(signature), Digest.Of(sbom) }.Select(d => d.ToString()).Order(),
            (await ReferrersAsync(descriptor.Digest)).Select(r => r.Digest.ToString()).Order());
        var filtered = Assert.Single(await ReferrersAsync(descriptor.Digest, "application/x.sbom"));
        Assert.Equal((Digest.Of(sbom), (long)sbom.Length, "application/x.sbom"), (filtered.Digest, filtered.Size, filtered.ArtifactType));
        Assert.Empty(await ReferrersAsync(Digest.Of([9])));

        (await _registry.Http.DeleteAsync($"/v2/a/b/manifests/{Digest.Of(sbom)}")).Dispose();
        Assert.Equal([Digest.Of(signature)], (await ReferrersAsync(descriptor.Digest)).Select(r => r.Digest));
    }

    private async Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType = null)
    {
        using var response = await _registry.Http.GetAsync(
            $"/v2/a/b/referrers/{subject}" + (artifactType is null ? string.Empty : "?artifactType=" + Uri.EscapeDataString(artifactType)));
        HttpAssert.Status(HttpStatusCode.OK, response);
        Assert.Equal(MediaTypes.OciIndex, response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(artifactType is null ? string.Empty : "artifactType", HttpAssert.Header(response, "OCI-Filters-Applied"));
        var index = await response.Content.ReadFromJsonAsync<ImageIndex>();
        return index!.Manifests;
    }

    private async Task<IReadOnlyList<string>> TagsAsync(string path)
    {
        using var json = JsonDocument.Parse(await _registry.Http.GetStringAsync(path));
        Assert.Equal("a/b", json.RootElement.GetProperty("name").GetString());
        return [.. json.RootElement.GetProperty("tags").EnumerateArray().Select(e => e.GetString()!)];
    }

    private async Task<HttpResponseMessage> PutAsync(string reference, byte[] content, string mediaType = MediaTypes.OciManifest)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return await _registry.Http.PutAsync($"/v2/a/b/manifests/{reference}", body);
    }
}
