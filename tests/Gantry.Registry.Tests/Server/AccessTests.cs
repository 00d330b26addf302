using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Registry.Tests.Support;
using Gantry.RegistryServer;

namespace Gantry.Registry.Tests.Server;

/// <summary>Who gets in, by htpasswd and by tokens.</summary>
public sealed class AccessTests
{
    /// <summary>bcrypt of "secret", as <c>htpasswd -B</c> makes it.</summary>
    private const string SecretInBcrypt = "$2y$05$8Wp0T0lHLv0P4mhgoTuyu.HS/1wXVzufD4uTgaqTuvTXodL.uQxOy";

    /// <summary>sha512-crypt of "other", as <c>openssl passwd -6</c> makes it.</summary>
    private const string OtherInSha512 = "$6$abcdefgh$4D4n7.jYz5DKbZPtZODCtKlEf/kOk6iu1UK0ZoFczy7m3m.f0FdRcJ0YXuVvfhaPRBBqkYEUbDWTp46DxR8AK1";

    [Fact]
    public async Task Htpasswd_file_is_read_again_when_it_changes()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.At("users"), $"# users\n\nann:{SecretInBcrypt}\n");
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = RegistryUsers.FromHtpasswd(directory.At("users")) });

        Assert.Equal(HttpStatusCode.OK, await BaseAsync(registry, "ann", "secret"));
        Assert.Equal(HttpStatusCode.OK, await BaseAsync(registry, "ann", "secret"));
        Assert.Equal(HttpStatusCode.Unauthorized, await BaseAsync(registry, "ann", "wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, await BaseAsync(registry, "bob", "secret"));

        await File.WriteAllTextAsync(directory.At("users"), $"bob:{OtherInSha512}\n");
        File.SetLastWriteTimeUtc(directory.At("users"), DateTime.UtcNow.AddSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, await BaseAsync(registry, "ann", "secret"));
        Assert.Equal(HttpStatusCode.OK, await BaseAsync(registry, "bob", "other"));
    }

    [Theory]
    [InlineData("ann:plain")]
    [InlineData("ann:$apr1$x$y")]
    [InlineData("ann")]
    [InlineData(":x")]
    public async Task Htpasswd_file_that_cannot_be_used(string line)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.At("users"), line);

        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<GantryException>(() => RegistryUsers.FromHtpasswd(directory.At("users"))).Kind);
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<GantryException>(() => RegistryUsers.FromHtpasswd(directory.At("missing"))).Kind);
    }

    [Fact]
    public async Task Nothing_without_a_password_but_the_challenge()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = Users() });

        foreach (var path in new[] { "/v2/", "/v2/_catalog", "/v2/a/b/tags/list", "/v2/a/b/manifests/x", $"/v2/a/b/blobs/sha256:{new string('0', 64)}" })
        {
            using var response = await registry.Http.GetAsync(path);
            await HttpAssert.ErrorAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED", response);
            Assert.Equal("Basic realm=\"Registry\"", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task Challenge_names_scope_and_service()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = Users(), TokenService = true });

        using var push = await registry.Http.PostAsync("/v2/a/b/blobs/uploads/", null);

        Assert.Equal(
            $"Bearer realm=\"http://{registry.Address}/token\", service=\"{registry.Address}\", scope=\"repository:a/b:pull,push\"",
            push.Headers.WwwAuthenticate.ToString().Replace("\",", "\", ", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Token_is_good_for_its_scope_only()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = Users(), TokenService = true });
        var pull = await TokenAsync(registry, "repository:a/b:pull");

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(registry, pull, HttpMethod.Get, "/v2/a/b/tags/list"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(registry, pull, HttpMethod.Get, "/v2/c/d/tags/list"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(registry, pull, HttpMethod.Post, "/v2/a/b/blobs/uploads/"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(registry, pull, HttpMethod.Get, "/v2/_catalog"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(registry, await TokenAsync(registry, "registry:catalog:*"), HttpMethod.Get, "/v2/_catalog"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(registry, pull, HttpMethod.Get, "/v2/"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    public async Task Forged_tokens(string token)
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = Users(), TokenService = true });
        var good = await TokenAsync(registry, "repository:a/b:pull");
        var parts = good.Split('.');
        var claims = Convert.ToBase64String(Encoding.UTF8.GetBytes("{\"sub\":\"ann\",\"exp\":99999999999,\"typ\":\"access\",\"access\":[]}")).TrimEnd('=');

        foreach (var forged in new[] { token, good[..^2], $"{parts[0]}.{claims}.{parts[2]}", $"{parts[0]}.{claims}." })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(registry, forged, HttpMethod.Get, "/v2/"));
        }
    }

    [Fact]
    public async Task Mount_from_a_repository_that_may_not_be_read_is_not_done()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = Users(), TokenService = true });
        using var client = new RegistryClient(Clients.Quick);
        var (_, _, layer) = await TestContent.PushImageAsync(
            client.OpenForPush(registry.Reference("private/x"), new RegistryCredentials { Username = "ann", Password = "secret" }), "v1");
        var digest = Oci.Digest.Of(layer);
        var push = await TokenAsync(registry, "repository:mine/y:pull,push");

        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync(registry, push, HttpMethod.Post, $"/v2/mine/y/blobs/uploads/?mount={digest}&from=private/x"));
        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync(registry, push, HttpMethod.Post, $"/v2/mine/y/blobs/uploads/?mount={digest}"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(registry, push, HttpMethod.Get, $"/v2/mine/y/blobs/{digest}"));
    }

    [Fact]
    public async Task Mount_from_anywhere_takes_what_may_be_read()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Users = Users(), TokenService = true });
        using var client = new RegistryClient(Clients.Quick);
        var (_, _, layer) = await TestContent.PushImageAsync(
            client.OpenForPush(registry.Reference("private/x"), new RegistryCredentials { Username = "ann", Password = "secret" }), "v1");
        var both = await TokenAsync(registry, "repository:mine/y:pull,push repository:private/x:pull");

        Assert.Equal(HttpStatusCode.Created, await StatusAsync(registry, both, HttpMethod.Post, $"/v2/mine/y/blobs/uploads/?mount={Oci.Digest.Of(layer)}"));
    }

    private static RegistryUsers Users() => RegistryUsers.FromTable(new Dictionary<string, string> { ["ann"] = "secret" });

    private static async Task<HttpStatusCode> BaseAsync(TestRegistry registry, string user, string password)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v2/");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        using var response = await registry.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<string> TokenAsync(TestRegistry registry, string scope)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/token?service=x&scope={Uri.EscapeDataString(scope)}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("ann:secret"u8));
        using var response = await registry.Http.SendAsync(request);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("token").GetString()!;
    }

    private static async Task<HttpStatusCode> StatusAsync(TestRegistry registry, string token, HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        using var response = await registry.Http.SendAsync(request);
        return response.StatusCode;
    }
}
