using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Errors;
using Gantry.Registry.Tests.Support;
using Gantry.RegistryServer;
using Gantry.RegistryServer.Acme;

namespace Gantry.Registry.Tests.Server;

/// <summary>Certificates that the server gets and renews by itself (RFC 8555, http-01).</summary>
public sealed class AcmeTests : IAsyncDisposable
{
    private const string Domain = "registry.example.test";
    private readonly AcmeAuthority _authority = new();
    private readonly TemporaryDirectory _root = new();
    private readonly int _challengePort = FreePort();

    public AcmeTests() => _authority.Challenged = $"127.0.0.1:{_challengePort}";

    public async ValueTask DisposeAsync()
    {
        await _authority.DisposeAsync();
        _root.Dispose();
    }

    [Fact]
    public async Task Gets_a_certificate_and_keeps_it()
    {
        for (var start = 0; start < 2; start++)
        {
            await using var server = await StartAsync();

            Assert.Equal("{}", await GetAsync(server, "/v2/"));
            Assert.Equal(1, _authority.Given);
        }

        Assert.All(["account.pem", "certificate.pem"], name => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_root.At("data"), "acme", name))));
    }

    [Fact]
    public async Task Renews_one_that_ends_soon_with_the_same_account()
    {
        _authority.Lifetime = TimeSpan.FromHours(2);
        await (await StartAsync()).DisposeAsync();
        _authority.Lifetime = TimeSpan.FromDays(90);
        await using var server = await StartAsync();

        await GetAsync(server, "/v2/");
        Assert.Equal(2, _authority.Given);
        Assert.Single(_authority.Accounts);
    }

    [Fact]
    public async Task One_client_orders_again_and_again()
    {
        var answers = new Dictionary<string, string>();
        await using var challenged = new ScriptedServer((request, reply) => reply.SendAsync(200, answers.GetValueOrDefault(request.Path.Split('/')[^1]) ?? "none"));
        _authority.Challenged = challenged.Address;
        Directory.CreateDirectory(_root.At("data"));
        using var account = new AccountKey(_root.At("data", "account.pem"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var http = new HttpClient();
        var client = new AcmeClient(http, Options([Domain], null).Acme!, account, (token, answer) => answers[token] = answer);

        for (var order = 1; order <= 3; order++)
        {
            Assert.StartsWith("-----BEGIN CERTIFICATE-----", await client.OrderAsync(key, CancellationToken.None), StringComparison.Ordinal);
            Assert.Equal(order, _authority.Given);
        }

        Assert.Single(_authority.Accounts);
    }

    [Fact]
    public async Task A_domain_more_is_a_new_certificate()
    {
        await (await StartAsync()).DisposeAsync();
        await using var server = await StartAsync(Domain, "other.example.test");

        Assert.Equal("{}", await GetAsync(server, "/v2/", "other.example.test"));
    }

    [Fact]
    public async Task A_nonce_that_expired_is_replaced()
    {
        _authority.ForgetsNonces = true;
        await using var server = await StartAsync();

        Assert.Equal("{}", await GetAsync(server, "/v2/"));
    }

    [Fact]
    public async Task A_damaged_file_is_replaced()
    {
        await (await StartAsync()).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(_root.At("data"), "acme", "certificate.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        await using var server = await StartAsync();

        Assert.Equal("{}", await GetAsync(server, "/v2/"));
    }

    [Fact]
    public async Task Nothing_else_is_answered_where_the_authority_asks()
    {
        await using var server = await StartAsync();
        using var http = new HttpClient();

        foreach (var path in new[] { "/v2/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/x" })
        {
            using var response = await http.GetAsync($"http://{server.ChallengeAddress}{path}");
            HttpAssert.Status(HttpStatusCode.NotFound, response);
        }
    }

    [Fact]
    public async Task A_refusal_ends_the_start_where_there_is_no_certificate_yet_and_is_told_where_there_is()
    {
        await using var elsewhere = new ScriptedServer((_, reply) => reply.SendAsync(200, "something else"));
        var right = _authority.Challenged;
        _authority.Challenged = elsewhere.Address;
        var refused = await Assert.ThrowsAsync<GantryException>(() => StartAsync());
        Assert.Equal($"acme: {_authority.Directory} refuses: the domain answers something else", refused.Message);

        (_authority.Challenged, _authority.Lifetime) = (right, TimeSpan.FromHours(2));
        await (await StartAsync()).DisposeAsync();
        _authority.Challenged = elsewhere.Address;
        var told = new List<string>();
        await using var server = await StartAsync(told.Add);

        Assert.Equal("{}", await GetAsync(server, "/v2/"));
        Assert.Equal($"the certificate could not be renewed: {refused.Message}", Assert.Single(told));
    }

    [Fact]
    public async Task An_authority_that_is_not_there()
    {
        var options = Options([Domain], null);
        options = options with { Acme = options.Acme! with { Directory = new Uri("http://127.0.0.1:1/directory") } };

        var failure = await Assert.ThrowsAsync<GantryException>(() => RegistryServer.RegistryServer.StartAsync(options));

        Assert.StartsWith("acme: http://127.0.0.1:1/directory: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_from_files_comes_with_its_chain()
    {
        // Any certificate with one above it will do: the authority's.
        await (await StartAsync()).DisposeAsync();
        var file = Path.Combine(_root.At("data"), "acme", "certificate.pem");
        var options = RegistryServeCommand.Parse(["--root", _root.At("files"), "--listen", "127.0.0.1:0", "--tls-cert", file, "--tls-key", file]);
        await using var server = await RegistryServer.RegistryServer.StartAsync(options);

        Assert.Equal("{}", await GetAsync(server, "/v2/"));
    }

    private Task<RegistryServer.RegistryServer> StartAsync(params string[] domains) => RegistryServer.RegistryServer.StartAsync(Options(domains, null));

    private Task<RegistryServer.RegistryServer> StartAsync(Action<string> log) => RegistryServer.RegistryServer.StartAsync(Options([], log));

    private RegistryServerOptions Options(string[] domains, Action<string>? log) => new()
    {
        Root = _root.At("data"),
        Listen = "127.0.0.1:0",
        Log = log,
        Acme = new RegistryAcme { Domains = domains.Length == 0 ? [Domain] : domains, Directory = _authority.Directory, Listen = $"127.0.0.1:{_challengePort}" },
    };

    /// <summary>Asks as a client that knows the authority's root and nothing else.</summary>
    private async Task<string> GetAsync(RegistryServer.RegistryServer server, string path, string domain = Domain)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPEndPoint.Parse(server.Address), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Root }, RevocationMode = X509RevocationMode.NoCheck },
            },
        };
        using var http = new HttpClient(handler);
        return await http.GetStringAsync($"https://{domain}{path}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
