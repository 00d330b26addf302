using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Registry.Tests.Support;
using Gantry.RegistryServer;

namespace Gantry.Registry.Tests.Server;

/// <summary>Who may do what in which repository, and how much.</summary>
public sealed class RulesTests : IDisposable
{
    private const string Rules = """
        # who   repository   may
        ann     team/*       pull,push,delete
        *       team/*       pull
        -       public/*     pull
        ann     public/*     pull,push
        """;

    private static readonly RegistryUsers s_users = RegistryUsers.FromTable(new Dictionary<string, string> { ["ann"] = "a", ["bob"] = "b" });
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_may_do_what_the_rules_say()
    {
        await using var registry = await StartAsync();
        using var client = new RegistryClient(Clients.Quick);
        foreach (var name in new[] { "team/x", "public/x" })
        {
            await TestContent.PushImageAsync(client.OpenForPush(registry.Reference(name), Credentials("ann")), "v1");
            await client.OpenForPull(registry.Reference(name), Credentials("bob")).GetManifestAsync("v1");
            await Assert.ThrowsAsync<GantryException>(() => TestContent.PushImageAsync(client.OpenForPush(registry.Reference(name), Credentials("bob")), "v2", seed: 2));
        }

        await client.OpenForPull(registry.Reference("public/x")).GetManifestAsync("v1");
        await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(registry.Reference("team/x")).GetManifestAsync("v1"));
        await Assert.ThrowsAsync<GantryException>(() => TestContent.PushImageAsync(client.OpenForPush(registry.Reference("other/x"), Credentials("ann")), "v1"));
    }

    [Fact]
    public async Task Catalog_shows_what_may_be_pulled_and_changed_rules_count_at_once()
    {
        await using var registry = await StartAsync();
        using var client = new RegistryClient(Clients.Quick);
        await TestContent.PushImageAsync(client.OpenForPush(registry.Reference("team/x"), Credentials("ann")), "v1");

        Assert.Equal("{\"repositories\":[\"team/x\"]}", await CatalogAsync(registry, "bob"));
        await File.WriteAllTextAsync(_directory.At("rules"), "bob other/* pull\n");
        Assert.Equal("{\"repositories\":[]}", await CatalogAsync(registry, "bob"));
    }

    [Theory]
    [InlineData("ann team/*")]
    [InlineData("ann team/* pull,fly")]
    [InlineData("ann team/* pull push")]
    public void Malformed_rules(string line)
    {
        File.WriteAllText(_directory.At("rules"), line);

        Assert.Contains("line 1: expected WHO REPOSITORY", Assert.Throws<GantryException>(() => RegistryRules.FromFile(_directory.At("rules"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_has_no_more_than_its_quota()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { RepositoryQuota = 100_000 });
        var (small, large) = (TestContent.Bytes(60_000), TestContent.Bytes(60_000, 2));
        using var first = await PostAsync(registry, "a/b", small);
        HttpAssert.Status(HttpStatusCode.Created, first);

        using var second = await PostAsync(registry, "a/b", large);
        await HttpAssert.ErrorAsync(HttpStatusCode.Forbidden, "DENIED", second);
        using var elsewhere = await PostAsync(registry, "a/c", large);
        HttpAssert.Status(HttpStatusCode.Created, elsewhere);
        using var mount = await registry.Http.PostAsync($"/v2/a/b/blobs/uploads/?mount={Oci.Digest.Of(large)}&from=a/c", null);
        await HttpAssert.ErrorAsync(HttpStatusCode.Forbidden, "DENIED", mount);

        // Without a declared length it ends when the room does.
        var content = new StreamContent(new MemoryStream(large));
        content.Headers.ContentLength = null;
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/a/b/blobs/uploads/?digest={Oci.Digest.Of(large)}") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await registry.Http.SendAsync(request);
        await HttpAssert.ErrorAsync(HttpStatusCode.Forbidden, "DENIED", chunked);

        // Nobody can go on with it: it takes no room from others.
        using var fits = await PostAsync(registry, "a/b", TestContent.Bytes(39_000, 3));
        HttpAssert.Status(HttpStatusCode.Created, fits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Uploads_of_unknown_length_stay_within_the_quota_together(bool whole)
    {
        const int Quota = 300_000;
        await using var registry = await TestRegistry.StartAsync(options => whole ? options with { Quota = Quota } : options with { RepositoryQuota = Quota });
        var locations = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var started = await registry.Http.PostAsync("/v2/a/b/blobs/uploads/", null);
            return started.Headers.Location!;
        }));
        using var ready = new CountdownEvent(locations.Length);

        // All of them have begun before any goes on.
        var statuses = await Task.WhenAll(locations.Select(async (location, i) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new StreamContent(new Waiting(TestContent.Bytes(100_000, i), 10_000, ready)) };
            request.Headers.TransferEncodingChunked = true;
            using var response = await registry.Http.SendAsync(request);
            return response.StatusCode;
        }));

        var files = new DirectoryInfo(Path.Combine(registry.Root, "repositories", "a", "b", "_uploads")).EnumerateFiles().Sum(file => file.Length);
        Assert.InRange(files, Quota / 2, Quota);
        Assert.Contains(HttpStatusCode.Forbidden, statuses);
        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.Forbidden or HttpStatusCode.Accepted, status.ToString()));
    }

    [Fact]
    public async Task The_whole_registry_has_no_more_than_its_quota()
    {
        using var root = new TemporaryDirectory();
        var (first, second) = (TestContent.Bytes(60_000), TestContent.Bytes(60_000, 2));
        for (var start = 0; start < 2; start++)
        {
            // Counted anew from the files at each start.
            await using var registry = await TestRegistry.StartAsync(options => options with { Root = root.At("data"), Quota = 100_000 });
            if (start == 0)
            {
                using var own = await PostAsync(registry, "a/b", first);
                HttpAssert.Status(HttpStatusCode.Created, own);
            }

            // A content that repositories share counts once.
            using var shared = await registry.Http.PostAsync($"/v2/a/c/blobs/uploads/?mount={Oci.Digest.Of(first)}&from=a/b", null);
            HttpAssert.Status(HttpStatusCode.Created, shared);
            using var denied = await PostAsync(registry, "a/d", second);
            await HttpAssert.ErrorAsync(HttpStatusCode.Forbidden, "DENIED", denied);
            if (start == 1)
            {
                foreach (var name in new[] { "a/b", "a/c" })
                {
                    using var deleted = await registry.Http.DeleteAsync($"/v2/{name}/blobs/{Oci.Digest.Of(first)}");
                    HttpAssert.Status(HttpStatusCode.Accepted, deleted);
                }

                using var fits = await PostAsync(registry, "a/d", second);
                HttpAssert.Status(HttpStatusCode.Created, fits);
            }
        }
    }

    private Task<TestRegistry> StartAsync()
    {
        File.WriteAllText(_directory.At("rules"), Rules);
        return TestRegistry.StartAsync(options => options with { Users = s_users, Access = RegistryRules.FromFile(_directory.At("rules")) });
    }

    private static RegistryCredentials Credentials(string user) => new() { Username = user, Password = user[..1] };

    private static Task<HttpResponseMessage> PostAsync(TestRegistry registry, string name, byte[] content) =>
        registry.Http.PostAsync($"/v2/{name}/blobs/uploads/?digest={Oci.Digest.Of(content)}", new ByteArrayContent(content));

    private static async Task<string> CatalogAsync(TestRegistry registry, string user)
    {
        var ask = new HttpRequestMessage(HttpMethod.Get, "/token?service=x&scope=registry:catalog:*");
        ask.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{user[..1]}")));
        using var answer = await registry.Http.SendAsync(ask);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var request = new HttpRequestMessage(HttpMethod.Get, "/v2/_catalog");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", json.RootElement.GetProperty("token").GetString());
        using var response = await registry.Http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>A content that stops for a while when it has begun.</summary>
    private sealed class Waiting(byte[] content, int beginning, CountdownEvent ready) : MemoryStream(content)
    {
        private bool _waited;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position >= beginning && !_waited)
            {
                _waited = true;
                ready.Signal();
                await Task.Run(() => ready.Wait(TimeSpan.FromSeconds(30), CancellationToken.None), CancellationToken.None);
            }

            return await base.ReadAsync(Position < beginning ? buffer[..Math.Min(buffer.Length, beginning - (int)Position)] : buffer, cancellationToken);
        }
    }
}
