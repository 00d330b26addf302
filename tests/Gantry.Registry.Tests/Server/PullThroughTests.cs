using System.Net;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;
using Gantry.RegistryServer;

namespace Gantry.Registry.Tests.Server;

/// <summary>The server as a cache of other registries, beside images pushed to it.</summary>
public sealed class PullThroughTests
{
    [Theory]
    [InlineData("hub.test/library/app", "hub.test=", "")]
    [InlineData("library/app", "", "")]
    [InlineData("library/app", "hub.test=", "?ns=hub.test")]
    [InlineData("library/app", "", "?ns=docker.io")]
    public async Task Fetches_once_and_serves_without_the_upstream_afterwards(string name, string prefix, string query)
    {
        var upstream = await TestRegistry.StartAsync();
        await using var counted = new RecordingProxy(upstream.Address);
        using var client = new RegistryClient(Clients.Quick);
        var (manifest, config, layer) = await TestContent.PushImageAsync(client.OpenForPush(upstream.Reference("library/app")), "v1", 400_000);
        await using var cache = await StartAsync($"{prefix}http://{counted.Address}");

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(manifest, await cache.Http.GetByteArrayAsync($"/v2/{name}/manifests/v1{query}"));
            Assert.Equal(manifest, await cache.Http.GetByteArrayAsync($"/v2/{name}/manifests/{Digest.Of(manifest)}{query}"));
            Assert.Equal(config, await cache.Http.GetByteArrayAsync($"/v2/{name}/blobs/{Digest.Of(config)}{query}"));
            Assert.Equal(layer, await cache.Http.GetByteArrayAsync($"/v2/{name}/blobs/{Digest.Of(layer)}{query}"));
            if (i == 1)
            {
                await upstream.DisposeAsync();
            }
        }

        Assert.Equal(1, counted.Count("GET /v2/library/app/manifests/"));
        Assert.Equal(1, counted.Count($"GET /v2/library/app/blobs/{Digest.Of(layer)}"));
        Assert.Contains("\"v1\"", await cache.Http.GetStringAsync($"/v2/{name}/tags/list{query}"), StringComparison.Ordinal);
        using var missing = await cache.Http.GetAsync($"/v2/{name}/manifests/v2{query}");
        await HttpAssert.ErrorAsync(HttpStatusCode.BadGateway, "UNKNOWN", missing);
        Assert.All(cache.Failures, failure => Assert.Contains("served as it was", failure, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_a_registry_mirror()
    {
        await using var upstream = await TestRegistry.StartAsync();
        using var pusher = new RegistryClient(Clients.Quick);
        var image = new FakeImage();
        await image.PushAsync(pusher.OpenForPush(upstream.Reference("library/app")), "v1");
        await using var cache = await StartAsync($"http://{upstream.Address}");
        using var client = new RegistryClient(Clients.Quick with { Mirrors = [$"http://{cache.Address}"], HubHost = "127.0.0.1:1" });
        var repository = client.OpenForPull(ImageReference.Parse("app:v1"));

        Assert.Equal(Digest.Of(image.Manifest), (await repository.GetManifestAsync("v1")).Digest);
        Assert.Equal(image.Config, await repository.GetBlobAsync(TestContent.Describe(image.Config), 1 << 20));
        Assert.Contains("library/app", await cache.Http.GetStringAsync("/v2/_catalog"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tag_follows_its_upstream()
    {
        await using var upstream = await TestRegistry.StartAsync();
        using var client = new RegistryClient(Clients.Quick);
        var there = client.OpenForPush(upstream.Reference("a/b"));
        await TestContent.PushImageAsync(there, "v1");
        await using var cache = await StartAsync($"http://{upstream.Address}");
        await cache.Http.GetByteArrayAsync("/v2/a/b/manifests/v1");

        var (moved, _, _) = await TestContent.PushImageAsync(there, "v1", seed: 2);
        Assert.Equal(moved, await cache.Http.GetByteArrayAsync("/v2/a/b/manifests/v1"));

        using var deleted = await upstream.Http.DeleteAsync("/v2/a/b/manifests/v1");
        using var gone = await cache.Http.GetAsync("/v2/a/b/manifests/v1");
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN", gone);
    }

    [Fact]
    public async Task Many_clients_cause_one_fetch_and_get_bytes_while_it_runs()
    {
        var blob = TestContent.Bytes(600_000);
        using var second = new SemaphoreSlim(0);
        await using var upstream = new ScriptedServer(async (request, reply) =>
        {
            if (!request.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                await reply.SendAsync(200);
                return;
            }

            await reply.HeadAsync(200, blob.Length);
            await reply.RawAsync(blob[..300_000]);
            await second.WaitAsync(TimeSpan.FromSeconds(30));
            await reply.RawAsync(blob[300_000..]);
        });
        await using var cache = await StartAsync($"http://{upstream.Address}");
        var path = $"/v2/a/b/blobs/{Digest.Of(blob)}";
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cache.Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead)));
        var streams = await Task.WhenAll(responses.Select(response => response.Content.ReadAsStreamAsync()));
        var halves = streams.Select(_ => new byte[300_000]).ToList();
        await Task.WhenAll(streams.Select((stream, i) => stream.ReadExactlyAsync(halves[i]).AsTask()));

        // One of them leaves: the others, and the cache, still get all of it.
        responses[0].Dispose();
        second.Release();
        foreach (var (stream, half) in streams.Zip(halves).Skip(1))
        {
            using var rest = new MemoryStream();
            await stream.CopyToAsync(rest);
            Assert.Equal(blob, half.Concat(rest.ToArray()).ToArray());
        }

        Assert.Equal(blob[5..], await RangeAsync(cache, path, 5));
        Assert.Single(upstream.To("/blobs/"));
    }

    [Fact]
    public async Task Goes_on_where_the_upstream_was_cut()
    {
        var blob = TestContent.Bytes(900_000);
        await using var upstream = new ScriptedServer(async (request, reply) =>
        {
            if (!request.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                await reply.SendAsync(200);
            }
            else if (request.Header("range").Length == 0)
            {
                await reply.HeadAsync(200, blob.Length);
                await reply.RawAsync(blob[..500_000]);
                await Task.Delay(100);
                reply.Cut();
            }
            else
            {
                var from = int.Parse(request.Header("range")["bytes=".Length..].TrimEnd('-'));
                await reply.SendAsync(206, blob[from..], $"Content-Range: bytes {from}-{blob.Length - 1}/{blob.Length}");
            }
        });
        await using var cache = await StartAsync($"http://{upstream.Address}");

        Assert.Equal(blob, await cache.Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest.Of(blob)}"));
    }

    [Fact]
    public async Task A_wrong_blob_is_cut_before_its_end_and_not_kept()
    {
        var (right, wrong) = (TestContent.Bytes(300_000), TestContent.Bytes(300_000, 2));
        var answers = 0;
        await using var upstream = new ScriptedServer((request, reply) =>
            request.Path.Contains("/blobs/", StringComparison.Ordinal) ? reply.SendAsync(200, answers++ == 0 ? wrong : right) : reply.SendAsync(200));
        await using var cache = await StartAsync($"http://{upstream.Address}");
        var path = $"/v2/a/b/blobs/{Digest.Of(right)}";

        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(path));
        Assert.Equal(right, await cache.Http.GetByteArrayAsync(path));
        Assert.Contains(cache.Failures, failure => failure.Contains($"sent {Digest.Of(wrong)} for {Digest.Of(right)}", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(cache.Root, "tmp")));
    }

    [Fact]
    public async Task A_blob_of_unknown_size_and_a_manifest_that_is_none_are_refused()
    {
        await using var upstream = new ScriptedServer(async (request, reply) =>
        {
            if (request.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                await reply.RawAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
            }
            else
            {
                await reply.SendAsync(200, request.Path.EndsWith("/big", StringComparison.Ordinal) ? new string(' ', 5 << 20) : "{\"schemaVersion\":7}", "Content-Type: " + MediaTypes.OciManifest);
            }
        });
        await using var cache = await StartAsync($"http://{upstream.Address}");

        foreach (var path in new[] { $"blobs/{Digest.Of("abc"u8.ToArray())}", "manifests/v1", "manifests/big" })
        {
            using var response = await cache.Http.GetAsync($"/v2/a/b/{path}");
            await HttpAssert.ErrorAsync(HttpStatusCode.BadGateway, "UNKNOWN", response);
        }

        Assert.Equal("{\"repositories\":[]}", await cache.Http.GetStringAsync("/v2/_catalog"));
    }

    [Fact]
    public async Task An_upstream_that_asks_for_patience_gets_it()
    {
        var manifest = TestContent.Manifest(TestContent.Describe("{}"u8.ToArray(), MediaTypes.OciConfig), []);
        var limited = false;
        await using var upstream = new ScriptedServer((request, reply) => limited
            ? reply.SendAsync(429, "", "Retry-After: 600")
            : reply.SendAsync(200, manifest, "Content-Type: " + MediaTypes.OciManifest, $"Docker-Content-Digest: {Digest.Of(manifest)}"));
        await using var cache = await StartAsync($"http://{upstream.Address}");
        Assert.Equal(manifest, await cache.Http.GetByteArrayAsync("/v2/a/b/manifests/v1"));
        limited = true;

        Assert.Equal(manifest, await cache.Http.GetByteArrayAsync("/v2/a/b/manifests/v1"));
        var asked = upstream.Requests.Count;
        Assert.Equal(manifest, await cache.Http.GetByteArrayAsync("/v2/a/b/manifests/v1"));
        using var other = await cache.Http.GetAsync("/v2/a/b/manifests/v2");
        await HttpAssert.ErrorAsync(HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS", other);

        Assert.InRange(other.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 600);
        Assert.Equal(asked, upstream.Requests.Count);
    }

    [Fact]
    public async Task Logs_in_at_the_upstream_and_nowhere_else()
    {
        using var directory = new TemporaryDirectory();
        var blob = TestContent.Bytes(1000);
        await using var storage = new ScriptedServer((_, reply) => reply.SendAsync(200, blob));
        await using var upstream = new ScriptedServer((request, reply) =>
            request.Header("authorization") != "Basic " + Convert.ToBase64String("ann:a b c"u8) ? reply.SendAsync(401, "", "WWW-Authenticate: Basic realm=\"x\"")
            : request.Path.Contains("/blobs/", StringComparison.Ordinal) ? reply.SendAsync(307, "", $"Location: http://{storage.Address}/signed")
            : reply.SendAsync(200));
        await File.WriteAllTextAsync(directory.At("passwords"), $"# who\n{upstream.Address} ann a b c\n");
        await using var cache = await StartAsync(
            options => options with { UpstreamPasswords = UpstreamPasswords.FromFile(directory.At("passwords")) }, $"http://{upstream.Address}", $"other=http://{storage.Address}");

        Assert.Equal(blob, await cache.Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest.Of(blob)}"));
        Assert.Equal(blob, await cache.Http.GetByteArrayAsync($"/v2/other/b/blobs/{Digest.Of(blob)}"));
        Assert.NotEmpty(storage.To("/signed"));
        Assert.All(storage.Requests, request => Assert.Equal(string.Empty, request.Header("authorization")));

        await File.WriteAllTextAsync(directory.At("passwords"), $"{upstream.Address} ann wrong one\n");
        using var refused = await cache.Http.GetAsync($"/v2/a/b/blobs/{Digest.Of([1])}");
        await HttpAssert.ErrorAsync(HttpStatusCode.Forbidden, "DENIED", refused);
    }

    [Fact]
    public async Task Pushes_and_copies_never_share_a_repository()
    {
        await using var upstream = await TestRegistry.StartAsync();
        await using var counted = new RecordingProxy(upstream.Address);
        using var client = new RegistryClient(Clients.Quick);
        await TestContent.PushImageAsync(client.OpenForPush(upstream.Reference("library/app")), "v1");
        await using var cache = await StartAsync($"http://{counted.Address}", $"hub.test=http://{counted.Address}");
        await cache.Http.GetByteArrayAsync("/v2/library/app/manifests/v1");

        var (own, _, _) = await TestContent.PushImageAsync(client.OpenForPush(cache.Reference("team/app")), "v1", seed: 3);
        Assert.Equal(own, await cache.Http.GetByteArrayAsync("/v2/team/app/manifests/v1"));
        Assert.Equal(0, counted.Count("GET /v2/team/app/manifests/"));
        foreach (var name in new[] { "library/app", "hub.test/library/never" })
        {
            var error = await Assert.ThrowsAsync<GantryException>(() => TestContent.PushImageAsync(client.OpenForPush(cache.Reference(name)), "v1", seed: 4));
            Assert.Contains("requested access to the resource is denied", error.Message, StringComparison.Ordinal);
        }

        using var stranger = await cache.Http.GetAsync("/v2/library/app/manifests/v1?ns=elsewhere.test");
        await HttpAssert.ErrorAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN", stranger);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Copies_go_when_room_is_needed_the_longest_unused_first(bool whole)
    {
        var blobs = Enumerable.Range(0, 4).Select(i => TestContent.Bytes(i == 3 ? 200_000 : 40_000, i)).ToDictionary(blob => $"/v2/a/b/blobs/{Digest.Of(blob)}");
        await using var upstream = new ScriptedServer((request, reply) => reply.SendAsync(200, blobs.GetValueOrDefault(request.Path) ?? []));
        await using var cache = await StartAsync(options => whole ? options with { Quota = 100_000 } : options with { RepositoryQuota = 100_000 }, $"http://{upstream.Address}");
        var paths = blobs.Keys.ToList();
        foreach (var path in paths[..2])
        {
            Assert.Equal(blobs[path], await cache.Http.GetByteArrayAsync(path));
        }

        // The first was used last.
        foreach (var (file, age) in Files(cache).Select(file => (file, paths[0].EndsWith(file.Name, StringComparison.Ordinal) ? 1 : 2)))
        {
            file.LastWriteTimeUtc = DateTime.UtcNow.AddHours(-age);
        }

        Assert.Equal(blobs[paths[2]], await cache.Http.GetByteArrayAsync(paths[2]));
        Assert.Equal([.. new[] { 0, 2 }.Select(i => paths[i].Split(':')[1]).Order()], Files(cache).Select(file => file.Name).Order());

        // What is larger than the quota is passed on and leaves everything as it is.
        Assert.Equal(blobs[paths[3]], await cache.Http.GetByteArrayAsync(paths[3]));
        Assert.Equal(2, Files(cache).Count);
        if (whole)
        {
            var own = TestContent.Bytes(90_000, 9);
            using var pushed = await cache.Http.PostAsync($"/v2/mine/x/blobs/uploads/?digest={Digest.Of(own)}", new ByteArrayContent(own));
            HttpAssert.Status(HttpStatusCode.Created, pushed);
            Assert.Empty(Files(cache));
        }

        static List<FileInfo> Files(TestRegistry cache) => [.. new DirectoryInfo(Path.Combine(cache.Root, "repositories", "a", "b", "_blobs")).EnumerateFiles("*", SearchOption.AllDirectories)];
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("Hub=https://x")]
    [InlineData("https://user:password@x")]
    [InlineData("https://x/?a=b")]
    [InlineData("hub=")]
    public void Malformed_upstreams(string text) =>
        Assert.StartsWith($"invalid upstream \"{text}\"", Assert.Throws<GantryException>(() => RegistryUpstream.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Two_upstreams_for_the_same_names_are_refused()
    {
        var error = await Assert.ThrowsAsync<GantryException>(() => StartAsync("a=http://x", "a/b=http://y"));

        Assert.Equal("two upstreams for a/b", error.Message);
    }

    private static async Task<byte[]> RangeAsync(TestRegistry registry, string path, int from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new(from, null) } };
        using var response = await registry.Http.SendAsync(request);
        HttpAssert.Status(HttpStatusCode.PartialContent, response);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private static Task<TestRegistry> StartAsync(params string[] upstreams) => StartAsync(options => options, upstreams);

    private static Task<TestRegistry> StartAsync(Func<RegistryServerOptions, RegistryServerOptions> configure, params string[] upstreams) =>
        TestRegistry.StartAsync(options => configure(options) with { Upstreams = [.. upstreams.Select(RegistryUpstream.Parse)], UpstreamClient = Clients.Quick with { MaxAttempts = 3 } });
}
