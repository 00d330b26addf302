using Gantry.Errors;
using Gantry.Registry.Search;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Client;

/// <summary>The search of the first registry API, against scripted servers.</summary>
public sealed class SearchTests
{
    private const string Answer = """{"num_results":2,"results":[{"name":"a/b","description":"x","star_count":3,"is_official":true,"extra":1},{"name":"c"}]}""";

    [Fact]
    public async Task Asks_the_registry_of_the_term()
    {
        await using var server = new ScriptedServer((request, reply) => reply.SendAsync(200, request.Path == "/v1/_ping" ? "true" : Answer));
        using var client = new RegistryClient(Clients.Quick);

        var found = await client.SearchAsync($"{server.Address}/some thing/else", 7, new RegistryCredentials { Username = "ann", Password = "secret" });

        Assert.Equal([new FoundRepository { Name = "a/b", Description = "x", StarCount = 3, IsOfficial = true }, new FoundRepository { Name = "c" }], found);
        Assert.DoesNotContain(server.To("_ping"), request => request.Header("authorization").Length > 0);
        var search = Assert.Single(server.To("search"));
        Assert.Equal("/v1/search?q=some+thing%2Felse&n=7", search.Path);
        Assert.Equal("true", search.Header("x-docker-token"));
        Assert.Equal("Basic YW5uOnNlY3JldA==", search.Header("authorization"));
    }

    [Fact]
    public async Task An_identity_token_is_exchanged()
    {
        await using var server = new ScriptedServer((request, reply) => request.Path switch
        {
            "/v2/" => reply.SendAsync(401, "", $"WWW-Authenticate: Bearer realm=\"http://{request.Header("host")}/token\",service=\"s\""),
            "/token" => reply.SendAsync(200, """{"access_token":"short"}"""),
            "/v1/_ping" => reply.SendAsync(200),
            _ => reply.SendAsync(200, request.Header("authorization") == "Bearer short" ? Answer : "{}"),
        });
        using var client = new RegistryClient(Clients.Quick);

        Assert.Equal(2, (await client.SearchAsync($"{server.Address}/x", 0, new RegistryCredentials { Username = "ann", IdentityToken = "long" })).Count);
        Assert.Contains("registry%3Acatalog%3Asearch", System.Text.Encoding.UTF8.GetString(Assert.Single(server.To("/token")).Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://foo", 0, "invalid repository name: repository name (https://foo) should not have a scheme")]
    [InlineData("foo", 101, "limit 101 is outside the range of [1, 100]")]
    [InlineData("-a.b/foo", 1, "invalid index name (-a.b). Cannot begin or end with a hyphen")]
    [InlineData("127.0.0.1:1/foo", 1, "invalid registry endpoint \"http://127.0.0.1:1/v1/\". HTTPS attempt: Get \"https://127.0.0.1:1/v1/_ping\": dial tcp 127.0.0.1:1: connect: "
        + "connection refused. HTTP attempt: Get \"http://127.0.0.1:1/v1/_ping\": dial tcp 127.0.0.1:1: connect: connection refused")]
    public async Task Refusals_are_Dockers(string term, int limit, string expected)
    {
        using var client = new RegistryClient(Clients.Quick);

        var failure = await Assert.ThrowsAsync<GantryException>(() => client.SearchAsync(term, limit));

        Assert.Equal((ErrorKind.InvalidArgument, expected), (failure.Kind, failure.Message));
    }

    [Theory]
    [InlineData(404, "nothing", "Unexpected status code 404")]
    [InlineData(200, "nothing", "error decoding registry search results: ")]
    public async Task Useless_answers_are_told(int status, string body, string expected)
    {
        await using var server = new ScriptedServer((_, reply) => reply.SendAsync(status, body));
        using var client = new RegistryClient(Clients.Quick);

        var failure = await Assert.ThrowsAsync<GantryException>(() => client.SearchAsync($"{server.Address}/x", 1));

        Assert.Equal(ErrorKind.Internal, failure.Kind);
        Assert.StartsWith(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_term_without_a_registry_goes_to_the_index()
    {
        // A port that answers without TLS: the index is never spoken to in the clear.
        await using var server = new ScriptedServer((_, reply) => reply.SendAsync(200, Answer));
        using var client = new RegistryClient(Clients.Quick with { IndexHost = server.Address });

        var failure = await Assert.ThrowsAsync<GantryException>(() => client.SearchAsync("library/busybox", 0));

        Assert.StartsWith($"Get \"https://{server.Address}/v1/search?q=busybox&n=25\": ", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }
}
