using System.Text;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;
using Gantry.RegistryServer;

namespace Gantry.Registry.Tests.Client;

/// <summary>Basic and bearer authentication, against our server and against servers that want the credentials for themselves.</summary>
public sealed class CredentialTests
{
    private static readonly RegistryCredentials s_right = new() { Username = "ann", Password = "pa:ss wörd" };
    private static readonly RegistryCredentials s_wrong = s_right with { Password = "no" };
    private static readonly RegistryUsers s_users = RegistryUsers.FromTable(new Dictionary<string, string> { ["ann"] = "pa:ss wörd" });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Push_and_pull(bool tokens)
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = s_users, TokenService = tokens });
        using var client = new RegistryClient(Clients.Quick);

        var (manifest, _, layer) = await TestContent.PushImageAsync(client.OpenForPush(registry.Reference("a/b"), s_right), "v1");
        var pulled = client.OpenForPull(registry.Reference("a/b"), s_right);

        Assert.Equal(manifest, (await pulled.GetManifestAsync("v1")).Content.ToArray());
        Assert.Equal(layer, await pulled.GetBlobAsync(TestContent.Describe(layer), 1 << 20));
        Assert.Equal(["v1"], await pulled.ListTagsAsync());
    }

    [Fact]
    public async Task Tokens_are_used_again()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = s_users, TokenService = true });
        await using var proxy = new RecordingProxy(registry.Address);
        using var client = new RegistryClient(Clients.Quick);
        var reference = ImageReference.Parse($"{proxy.Address}/a/b");

        await TestContent.PushImageAsync(client.OpenForPush(reference, s_right), "v1");
        await TestContent.PushImageAsync(client.OpenForPush(reference, s_right), "v2");

        Assert.Equal(1, proxy.Count("GET /token"));
        Assert.Equal(1, proxy.Count("GET /v2/ "));
    }

    [Fact]
    public async Task A_token_server_that_moved_is_found_again()
    {
        var realm = string.Empty;
        Task AnswerAsync(ScriptedRequest request, ScriptedReply reply) => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? reply.SendAsync(200, "{\"token\":\"t\"}", "Content-Type: application/json")
            : request.Header("authorization") == "Bearer t"
                ? reply.SendAsync(200, "{\"name\":\"a/b\",\"tags\":[\"v1\"]}", "Content-Type: application/json")
                : reply.SendAsync(401, "", $"WWW-Authenticate: Bearer realm=\"http://{realm}/token\",service=\"s\"");
        await using var registry = new ScriptedServer(AnswerAsync);
        await using var second = new ScriptedServer(AnswerAsync);
        using var client = new RegistryClient(Clients.Quick);
        await using (var first = new ScriptedServer(AnswerAsync))
        {
            realm = first.Address;
            Assert.Equal(["v1"], await client.OpenForPull(ImageReference.Parse($"{registry.Address}/a/b"), s_right).ListTagsAsync());
        }

        realm = second.Address;
        Assert.Equal(["v1"], await client.OpenForPull(ImageReference.Parse($"{registry.Address}/c/d"), s_right).ListTagsAsync());
        Assert.Single(second.To("/token"));
    }

    [Fact]
    public async Task Expired_token_is_renewed()
    {
        await using var registry = await TestRegistry.StartAsync(
            options => options with { Users = s_users, TokenService = true, TokenLifetime = TimeSpan.FromSeconds(2) });
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(registry.Reference("a/b"), s_right);

        await TestContent.PushImageAsync(repository, "v1");
        await Task.Delay(2500);
        await TestContent.PushImageAsync(repository, "v2");

        Assert.Equal(["v1", "v2"], await repository.ListTagsAsync());
    }

    [Fact]
    public async Task Mount_gets_a_token_for_both_repositories()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = s_users, TokenService = true });
        using var client = new RegistryClient(Clients.Quick);
        var (_, _, layer) = await TestContent.PushImageAsync(client.OpenForPush(registry.Reference("a/b"), s_right), "v1");

        var result = await client.OpenForPush(registry.Reference("c/d"), s_right).UploadAsync(TestContent.Source(layer) with { MountCandidates = ["nowhere/x", "a/b"] });

        Assert.Equal(new UploadResult(UploadOutcome.Mounted, "a/b"), result);
    }

    [Fact]
    public async Task Anonymous_pull_but_not_push()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = s_users, AnonymousPull = true });
        using var client = new RegistryClient(Clients.Quick);
        var (manifest, _, _) = await TestContent.PushImageAsync(client.OpenForPush(registry.Reference("a/b"), s_right), "v1");

        Assert.Equal(manifest, (await client.OpenForPull(registry.Reference("a/b")).GetManifestAsync("v1")).Content.ToArray());
        var exception = await Assert.ThrowsAsync<GantryException>(() => TestContent.PushImageAsync(client.OpenForPush(registry.Reference("a/b")), "v2"));
        Assert.Equal("denied: requested access to the resource is denied", exception.Message);
    }

    [Fact]
    public async Task Pull_without_right_credentials()
    {
        await using var basic = await TestRegistry.StartAsync(options => options with { Users = s_users });
        await using var bearer = await TestRegistry.StartAsync(options => options with { Users = s_users, TokenService = true });
        using var client = new RegistryClient(Clients.Quick);

        Assert.Equal(
            $"Get \"http://{basic.Address}/v2/a/b/manifests/v1\": no basic auth credentials",
            (await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(basic.Reference("a/b")).GetManifestAsync("v1"))).Message);
        Assert.Equal(
            "unauthorized: authentication required",
            (await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(basic.Reference("a/b"), s_wrong).GetManifestAsync("v1"))).Message);
        Assert.Equal(
            $"Get \"http://{bearer.Address}/v2/a/b/manifests/v1\": unauthorized: authentication required",
            (await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(bearer.Reference("a/b"), s_wrong).GetManifestAsync("v1"))).Message);
    }

    [Fact]
    public async Task Login()
    {
        await using var open = await TestRegistry.StartAsync();
        await using var basic = await TestRegistry.StartAsync(options => options with { Users = s_users });
        await using var bearer = await TestRegistry.StartAsync(options => options with { Users = s_users, TokenService = true });
        using var client = new RegistryClient(Clients.Quick);

        Assert.Equal(new LoginResult("Login Succeeded", ""), await client.LoginAsync(open.Address, s_right));
        Assert.Equal(new LoginResult("Login Succeeded", ""), await client.LoginAsync($"http://{basic.Address}/v1/", s_right));
        var identity = await client.LoginAsync(bearer.Address, s_right);
        Assert.Equal("Login Succeeded", identity.Status);

        // The identity token replaces the password from now on.
        var byToken = new RegistryCredentials { Username = "<token>", IdentityToken = identity.IdentityToken };
        await TestContent.PushImageAsync(client.OpenForPush(bearer.Reference("a/b"), byToken), "v1");
    }

    [Fact]
    public async Task Failed_login()
    {
        await using var basic = await TestRegistry.StartAsync(options => options with { Users = s_users });
        await using var bearer = await TestRegistry.StartAsync(options => options with { Users = s_users, TokenService = true });
        using var client = new RegistryClient(Clients.Quick);

        var refused = await Assert.ThrowsAsync<GantryException>(() => client.LoginAsync(basic.Address, s_wrong));
        Assert.Equal((ErrorKind.Unauthorized, $"login attempt to http://{basic.Address}/v2/ failed with status: 401 Unauthorized"), (refused.Kind, refused.Message));
        refused = await Assert.ThrowsAsync<GantryException>(() => client.LoginAsync(bearer.Address, s_wrong));
        Assert.Equal((ErrorKind.Unauthorized, $"Get \"http://{bearer.Address}/v2/\": unauthorized: authentication required"), (refused.Kind, refused.Message));
        Assert.Equal(
            "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
            (await Assert.ThrowsAsync<GantryException>(() => client.LoginAsync("127.0.0.1:1", s_wrong))).Message);
    }

    [Fact]
    public async Task Docker_hubs_words_for_a_wrong_password()
    {
        await using var server = new ScriptedServer((request, reply) => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? reply.SendAsync(401, "{\"details\":\"incorrect username or password\"}", "Content-Type: application/json")
            : reply.SendAsync(401, "", $"WWW-Authenticate: Bearer realm=\"http://{request.Header("host")}/token\",service=\"s\""));
        using var client = new RegistryClient(Clients.Quick);

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.LoginAsync(server.Address, s_wrong));

        Assert.Equal($"Get \"http://{server.Address}/v2/\": unauthorized: incorrect username or password", exception.Message);
    }

    [Fact]
    public async Task Token_servers_words_whatever_the_case_of_their_names()
    {
        await using var server = new ScriptedServer((request, reply) => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? reply.SendAsync(401, "{\"errors\":[{\"Code\":\"UNAUTHORIZED\",\"Message\":\"not you\",\"detail\":null}]}", "Content-Type: application/json")
            : reply.SendAsync(401, "", $"WWW-Authenticate: Bearer realm=\"http://{request.Header("host")}/token\",service=\"s\""));
        using var client = new RegistryClient(Clients.Quick);

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.LoginAsync(server.Address, s_wrong));

        Assert.Equal($"Get \"http://{server.Address}/v2/\": unauthorized: not you", exception.Message);
    }

    [Fact]
    public async Task Blob_redirected_to_another_host_without_credentials()
    {
        await using var elsewhere = new HostileRegistry();
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (request.Header("authorization").Length == 0)
            {
                await reply.SendAsync(401, "", "WWW-Authenticate: Basic realm=\"x\"");
                return true;
            }

            if (!request.Path.Contains("/blobs/", StringComparison.Ordinal))
            {
                return false;
            }

            await reply.SendAsync(307, "", $"Location: http://{elsewhere.Server.Address}{request.Path}?signature=1");
            return true;
        });
        using var client = new RegistryClient(Clients.Quick);
        await client.OpenForPull(registry.Reference, s_right).GetManifestAsync("1");

        var exception = await Assert.ThrowsAsync<GantryException>(
            () => client.OpenForPull(registry.Reference, s_right).GetBlobAsync(registry.LayerDescriptor with { Digest = Digest.Of([1]) }, 1 << 20));

        Assert.Equal("unknown blob", exception.Message);
        Assert.NotEmpty(elsewhere.Server.Requests);
        Assert.All(elsewhere.Server.Requests, request => Assert.False(request.Headers.ContainsKey("authorization")));
        Assert.All(elsewhere.Server.Requests, request => AssertNoSecret(request));
    }

    [Fact]
    public async Task Token_server_that_redirects_elsewhere_gets_nothing_there()
    {
        await using var thief = new ScriptedServer((_, reply) => reply.SendAsync(200, "{\"token\":\"x\"}", "Content-Type: application/json"));
        await using var registry = new ScriptedServer((request, reply) => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? reply.SendAsync(307, "", $"Location: http://{thief.Address}/token")
            : reply.SendAsync(401, "", $"WWW-Authenticate: Bearer realm=\"http://{request.Header("host")}/token\",service=\"s\""));
        using var client = new RegistryClient(Clients.Quick);
        var reference = ImageReference.Parse($"{registry.Address}/a/b");

        foreach (var credentials in new[] { s_right, new RegistryCredentials { IdentityToken = "secret" } })
        {
            var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(reference, credentials).GetManifestAsync("v1"));
            Assert.Contains($"refusing to follow a redirect of a login to {thief.Address}", exception.Message, StringComparison.Ordinal);
        }

        Assert.Empty(thief.Requests);
    }

    [Fact]
    public async Task Upload_location_on_another_host_gets_no_credentials()
    {
        await using var elsewhere = new ScriptedServer((_, reply) => reply.SendAsync(201));
        await using var registry = new ScriptedServer((request, reply) =>
            request.Header("authorization").Length == 0 ? reply.SendAsync(401, "", "WWW-Authenticate: Basic realm=\"x\"")
            : request.Method == "POST" ? reply.SendAsync(202, "", $"Location: http://{elsewhere.Address}/upload")
            : reply.SendAsync(404));
        using var client = new RegistryClient(Clients.Quick);

        await client.OpenForPush(ImageReference.Parse($"{registry.Address}/a/b"), s_right).UploadAsync(TestContent.Source([1, 2, 3]));

        Assert.Single(elsewhere.Requests);
        Assert.All(elsewhere.Requests, request => AssertNoSecret(request));
    }

    private static void AssertNoSecret(ScriptedRequest request)
    {
        var secrets = new[] { s_right.Password, "secret", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{s_right.Username}:{s_right.Password}")) };
        var all = request.Path + string.Join('\n', request.Headers.Values) + Encoding.UTF8.GetString(request.Body);
        Assert.DoesNotContain(secrets, secret => all.Contains(secret, StringComparison.Ordinal));
    }
}
