using System.Net;
using System.Text.Json;
using Gantry.Oci;
using Gantry.Registry.Tests.Server;
using Gantry.Registry.Tests.Support;
using static Gantry.Registry.Tests.Conformance.ConformanceRegistry;

namespace Gantry.Registry.Tests.Conformance;

/// <summary>Every kind of manifest pushed by digest and tag, found, pulled, referred to and deleted (distribution-spec v1.1: end-3, end-7 to end-9, end-12).</summary>
public sealed class ManifestConformanceTests : IAsyncLifetime
{
    private const string Name = "conformance/repo1";
    private TestRegistry _registry = null!;

    public static TheoryData<string> Kinds => [.. ConformanceData.Names];

    private HttpClient Http => _registry.Http;

    public async Task InitializeAsync() => _registry = await TestRegistry.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Empty(_registry.Failures);
        await _registry.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_there_yet()
    {
        using var ping = await SendAsync(Http, HttpMethod.Get, "/v2/");
        HttpAssert.Status(HttpStatusCode.OK, ping);
        using var tags = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/tags/list");
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN", tags);
        Assert.Empty((await ReferrersAsync(Digest.Of("x"u8))).Index.Manifests);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Pushed_found_pulled_and_deleted(string kind)
    {
        var data = ConformanceData.Create(kind);

        await PushAsync(data);

        await AssertListedAsync(data);
        foreach (var (digest, mediaType, content) in data.Manifests)
        {
            await AssertThereAsync(digest.ToString(), digest, mediaType, content);
        }

        foreach (var (tag, digest) in data.Tags)
        {
            var (_, mediaType, content) = data.Manifests.Single(m => m.Digest == digest);
            await AssertThereAsync(tag, digest, mediaType, content);
        }

        await AssertReferredAsync(data);
        await AssertDeletedAsync(data);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Blobs_may_go_before_their_manifests(string kind)
    {
        var data = ConformanceData.Create(kind);
        await PushAsync(data);

        foreach (var digest in data.Blobs.Keys)
        {
            using var deleted = await SendAsync(Http, HttpMethod.Delete, $"/v2/{Name}/blobs/{digest}");
            HttpAssert.Status(HttpStatusCode.Accepted, deleted);
        }

        foreach (var (digest, mediaType, content) in data.Manifests.AsEnumerable().Reverse())
        {
            await AssertThereAsync(digest.ToString(), digest, mediaType, content);
            using var deleted = await SendAsync(Http, HttpMethod.Delete, $"/v2/{Name}/manifests/{digest}");
            HttpAssert.Status(HttpStatusCode.Accepted, deleted);
        }

        // With a manifest its tags go.
        using var tags = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/tags/list");
        HttpAssert.Status(HttpStatusCode.OK, tags);
        Assert.Empty(await TagsAsync(tags));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_registry.Root, "blobs"), "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("image")]
    [InlineData("sha512")]
    public async Task By_digest_with_several_tags(string kind)
    {
        var data = ConformanceData.Create(kind);
        data.Tags.Clear();
        await PushAsync(data);
        var (digest, mediaType, content) = data.Manifests[^1];

        using var response = await SendAsync(Http, HttpMethod.Put, $"/v2/{Name}/manifests/{digest}?tag=one&tag=two", content, mediaType);

        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal("one, two", HttpAssert.Header(response, "OCI-Tag"));
        await AssertThereAsync("one", digest, mediaType, content);
        await AssertThereAsync("two", digest, mediaType, content);
        using var wrong = await SendAsync(Http, HttpMethod.Put, $"/v2/{Name}/manifests/{digest}?tag=-x", content, mediaType);
        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "TAG_INVALID", wrong);
    }

    /// <summary>Every manifest of an index is pushed by digest with tags of its own; one is enough for the answer to name it.</summary>
    [Theory]
    [InlineData("index")]
    [InlineData("sha512-index")]
    public async Task By_digest_with_one_tag_each(string kind)
    {
        var data = ConformanceData.Create(kind);
        foreach (var (digest, content) in data.Blobs)
        {
            using var blob = await PushBlobAsync(Http, Name, digest, content);
        }

        data.Tags.Clear();
        foreach (var (digest, mediaType, content) in data.Manifests)
        {
            var tag = $"tag-{data.Tags.Count}";
            data.Tags[tag] = digest;

            using var response = await SendAsync(Http, HttpMethod.Put, $"/v2/{Name}/manifests/{digest}?tag={tag}", content, mediaType);

            HttpAssert.Status(HttpStatusCode.Created, response);
            Assert.Equal(tag, HttpAssert.Header(response, "OCI-Tag"));
            await AssertThereAsync(tag, digest, mediaType, content);
        }

        await AssertListedAsync(data);
        await AssertDeletedAsync(data);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("sha512")]
    [InlineData("index")]
    public async Task Content_that_is_not_its_digests(string kind)
    {
        var data = ConformanceData.Create(kind);
        data.Tags.Clear();
        var (digest, mediaType, content) = data.Manifests[^1];
        data.Manifests.RemoveAt(data.Manifests.Count - 1);
        await PushAsync(data);

        using var response = await SendAsync(Http, HttpMethod.Put, $"/v2/{Name}/manifests/{digest}", [.. content, .. "  "u8], mediaType);

        await HttpAssert.ErrorAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID", response);
        using var head = await SendAsync(Http, HttpMethod.Head, $"/v2/{Name}/manifests/{digest}");
        HttpAssert.Status(HttpStatusCode.NotFound, head);
    }

    [Fact]
    public async Task Tags_in_pages_of_any_size()
    {
        var data = ConformanceData.Create("image");
        for (var i = 0; i < 7; i++)
        {
            data.Tags[$"tag-{i}"] = data.Manifests[^1].Digest;
        }

        await PushAsync(data);
        var all = data.Tags.Keys.Order(StringComparer.Ordinal).ToList();
        foreach (var size in new[] { 1, 3, 4, 100 })
        {
            var found = new List<string>();
            for (var next = $"/v2/{Name}/tags/list?n={size}"; next is not null;)
            {
                using var page = await SendAsync(Http, HttpMethod.Get, next);
                var tags = await TagsAsync(page);
                Assert.True(tags.Count <= size);
                found.AddRange(tags);
                next = HttpAssert.Header(page, "Link") is { Length: > 0 } link ? link[(link.IndexOf('<') + 1)..link.IndexOf('>')] : null;
            }

            Assert.Equal(all, found);
        }

        using var after = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/tags/list?last={all[3]}");
        Assert.Equal(all[4..], await TagsAsync(after));
        using var none = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/tags/list?n=0");
        Assert.Empty(await TagsAsync(none));
    }

    [Theory]
    [InlineData("GET", "missing-tag", HttpStatusCode.NotFound, "MANIFEST_UNKNOWN")]
    [InlineData("GET", "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", HttpStatusCode.NotFound, "MANIFEST_UNKNOWN")]
    [InlineData("GET", "sha256:baddigeststring", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("PUT", "sha256:baddigeststring", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("PUT", "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("DELETE", "missing-tag", HttpStatusCode.NotFound, "MANIFEST_UNKNOWN")]
    public async Task Errors(string method, string reference, HttpStatusCode status, string code)
    {
        var data = ConformanceData.Create("image");
        await PushAsync(data);

        using var response = await SendAsync(
            Http, new HttpMethod(method), $"/v2/{Name}/manifests/{reference}", method == "PUT" ? data.Manifests[0].Content : null, MediaTypes.OciManifest);

        await HttpAssert.ErrorAsync(status, code, response);
    }

    [Fact]
    public async Task Sparse_manifests_where_they_are_allowed()
    {
        await using var sparse = await TestRegistry.StartAsync(options => options with { SparseManifests = true });
        foreach (var kind in new[] { "image", "index" })
        {
            var (digest, mediaType, content) = ConformanceData.Create(kind).Manifests[^1];
            using var refused = await SendAsync(Http, HttpMethod.Put, $"/v2/{Name}/manifests/{digest}", content, mediaType);
            await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "MANIFEST_BLOB_UNKNOWN", refused);

            using var taken = await SendAsync(sparse.Http, HttpMethod.Put, $"/v2/{Name}/manifests/{digest}", content, mediaType);
            HttpAssert.Status(HttpStatusCode.Created, taken);
            Assert.Equal(content, await sparse.Http.GetByteArrayAsync(Location(taken)));
        }
    }

    private async Task PushAsync(ConformanceData data)
    {
        foreach (var (digest, content) in data.Blobs)
        {
            using var response = await PushBlobAsync(Http, Name, digest, content);
            HttpAssert.Status(HttpStatusCode.Created, response);
        }

        foreach (var (digest, mediaType, content) in data.Manifests)
        {
            await PutAsync(data, digest.ToString(), digest, mediaType, content);
        }

        // A tag names a sha256 digest: what has another one is pushed by digest, with the tags beside it.
        foreach (var (tag, digest) in data.Tags)
        {
            var (_, mediaType, content) = data.Manifests.Single(m => m.Digest == digest);
            await PutAsync(data, digest.Algorithm == "sha256" ? tag : $"{digest}?tag={tag}", digest, mediaType, content);
        }
    }

    private async Task PutAsync(ConformanceData data, string reference, Digest digest, string mediaType, byte[] content)
    {
        using var response = await SendAsync(Http, HttpMethod.Put, $"/v2/{Name}/manifests/{reference}", content, mediaType);
        HttpAssert.Status(HttpStatusCode.Created, response);
        Assert.Equal(digest.ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
        Assert.Equal(content, await Http.GetByteArrayAsync(Location(response)));
        var subject = data.Referrers.FirstOrDefault(r => r.Value.Any(d => d.Digest == digest)).Key;
        Assert.Equal(subject.IsEmpty ? "" : subject.ToString(), HttpAssert.Header(response, "OCI-Subject"));
    }

    private async Task AssertListedAsync(ConformanceData data)
    {
        using var response = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/tags/list");
        HttpAssert.Status(HttpStatusCode.OK, response);
        Assert.Equal(data.Tags.Keys.Order(StringComparer.Ordinal), await TagsAsync(response));
    }

    private async Task AssertThereAsync(string reference, Digest digest, string mediaType, byte[] content)
    {
        foreach (var method in new[] { HttpMethod.Head, HttpMethod.Get })
        {
            using var response = await SendAsync(Http, method, $"/v2/{Name}/manifests/{reference}");
            HttpAssert.Status(HttpStatusCode.OK, response);
            Assert.Equal(digest.ToString(), HttpAssert.Header(response, "Docker-Content-Digest"));
            Assert.Equal(mediaType, HttpAssert.Header(response, "Content-Type"));
            Assert.Equal(content.Length, response.Content.Headers.ContentLength);
            Assert.Equal(method == HttpMethod.Head ? [] : content, await response.Content.ReadAsByteArrayAsync());
        }
    }

    private async Task AssertReferredAsync(ConformanceData data)
    {
        foreach (var (subject, wanted) in data.Referrers)
        {
            var (all, applied) = await ReferrersAsync(subject);
            Assert.Equal("", applied);
            Assert.Equal(wanted.Select(Shown).Order(), all.Manifests.Select(Shown).Order());
            foreach (var type in wanted.Select(d => d.ArtifactType!).Distinct())
            {
                var (filtered, filter) = await ReferrersAsync(subject, $"?artifactType={Uri.EscapeDataString(type)}");
                Assert.Equal("artifactType", filter);
                Assert.Equal(wanted.Where(d => d.ArtifactType == type).Select(Shown).Order(), filtered.Manifests.Select(Shown).Order());
            }

            Assert.Empty((await ReferrersAsync(subject, "?artifactType=application%2Fnone")).Index.Manifests);
        }
    }

    private async Task AssertDeletedAsync(ConformanceData data)
    {
        foreach (var reference in data.Tags.Keys.Concat(data.Manifests.AsEnumerable().Reverse().Select(m => m.Digest.ToString())))
        {
            using var deleted = await SendAsync(Http, HttpMethod.Delete, $"/v2/{Name}/manifests/{reference}");
            HttpAssert.Status(HttpStatusCode.Accepted, deleted);
            using var head = await SendAsync(Http, HttpMethod.Head, $"/v2/{Name}/manifests/{reference}");
            HttpAssert.Status(HttpStatusCode.NotFound, head);
        }

        foreach (var subject in data.Referrers.Keys)
        {
            Assert.Empty((await ReferrersAsync(subject)).Index.Manifests);
        }

        foreach (var digest in data.Blobs.Keys)
        {
            using var deleted = await SendAsync(Http, HttpMethod.Delete, $"/v2/{Name}/blobs/{digest}");
            HttpAssert.Status(HttpStatusCode.Accepted, deleted);
        }

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_registry.Root, "blobs"), "*", SearchOption.AllDirectories));
    }

    private async Task<(ImageIndex Index, string Applied)> ReferrersAsync(Digest subject, string query = "")
    {
        using var response = await SendAsync(Http, HttpMethod.Get, $"/v2/{Name}/referrers/{subject}{query}");
        HttpAssert.Status(HttpStatusCode.OK, response);
        Assert.Equal(MediaTypes.OciIndex, HttpAssert.Header(response, "Content-Type"));
        var index = JsonSerializer.Deserialize<ImageIndex>(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((2, MediaTypes.OciIndex), (index.SchemaVersion, index.MediaType));
        return (index, HttpAssert.Header(response, "OCI-Filters-Applied"));
    }

    private static string Shown(Descriptor d) =>
        $"{d.Digest} {d.MediaType} {d.Size} {d.ArtifactType} {string.Join(',', (d.Annotations ?? new SortedDictionary<string, string>()).Select(a => $"{a.Key}={a.Value}"))}";

    private static async Task<List<string>> TagsAsync(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return [.. json.RootElement.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!)];
    }
}
