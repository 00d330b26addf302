using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Client;

/// <summary>Connecting: http and https, certificates, mirrors, and the words for what goes wrong.</summary>
public sealed class TransportTests
{
    [Fact]
    public async Task Nobody_listens()
    {
        using var client = new RegistryClient(Clients.Quick);

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(ImageReference.Parse("127.0.0.1:1/a/b:v1")).GetManifestAsync("v1"));

        Assert.Equal("Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", exception.Message);
    }

    [Fact]
    public async Task Name_that_does_not_exist()
    {
        using var client = new RegistryClient(Clients.Quick with { MaxAttempts = 1 });

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(ImageReference.Parse("nosuch.invalid/a/b:v1")).GetManifestAsync("v1"));

        Assert.StartsWith("Get \"https://nosuch.invalid/v2/\": dial tcp: lookup nosuch.invalid", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_server_where_https_is_needed()
    {
        // A name for loopback that is not exempt by its looks.
        await using var registry = new HostileRegistry();
        var name = Dns.GetHostName();
        var addresses = await Dns.GetHostAddressesAsync(name);
        if (!addresses.Any(IPAddress.IsLoopback))
        {
            return;
        }

        using var client = new RegistryClient(Clients.Quick);
        var reference = ImageReference.Parse($"{name}.:{registry.Server.Address.Split(':')[1]}/a/b:v1".Replace(".:", ":", StringComparison.Ordinal));
        if (reference.Domain == ImageReference.DefaultDomain)
        {
            return;
        }

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(reference).GetManifestAsync("v1"));

        Assert.EndsWith("http: server gave HTTP response to HTTPS client", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_with_an_unknown_authority_then_known_through_certs_d()
    {
        using var authority = Certificate("127.0.0.1");
        using var directory = new TemporaryDirectory();
        await using var registry = await TestRegistry.StartAsync(options => options with { Certificate = authority });
        var reference = registry.Reference("a/b");

        // Loopback takes any certificate.
        using (var lenient = new RegistryClient(Clients.Quick))
        {
            await TestContent.PushImageAsync(lenient.OpenForPush(reference), "v1");
        }

        var strict = new Transport.HttpPool(Clients.Quick with { CertificatesDirectory = directory.Path });
        using (strict)
        {
            var failure = await Assert.ThrowsAsync<HttpRequestException>(() => PingAsync(strict, registry.Address));
            Assert.Contains("x509: certificate signed by unknown authority", failure.ToString(), StringComparison.Ordinal);
        }

        Directory.CreateDirectory(directory.At(registry.Address));
        await File.WriteAllTextAsync(directory.At(registry.Address, "ca.crt"), authority.ExportCertificatePem());
        using var trusting = new Transport.HttpPool(Clients.Quick with { CertificatesDirectory = directory.Path });
        using var response = await PingAsync(trusting, registry.Address);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Https_for_another_name()
    {
        using var certificate = Certificate("registry.example");
        await using var registry = await TestRegistry.StartAsync(options => options with { Certificate = certificate });
        using var pool = new Transport.HttpPool(Clients.Quick);

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => PingAsync(pool, registry.Address));

        Assert.Contains("x509: certificate is valid for registry.example, not 127.0.0.1", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mirrors_come_first_and_their_failures_lead_on()
    {
        await using var hub = await TestRegistry.StartAsync();
        await using var mirror = await TestRegistry.StartAsync();
        await using var broken = new ScriptedServer((_, reply) => reply.SendAsync(500));
        using var pusher = new RegistryClient(Clients.Quick);
        var (inMirror, _, _) = await TestContent.PushImageAsync(pusher.OpenForPush(mirror.Reference("library/one")), "latest", seed: 1);
        var (inHub, _, layer) = await TestContent.PushImageAsync(pusher.OpenForPush(hub.Reference("library/two")), "latest", seed: 2);

        using var client = new RegistryClient(Clients.Quick with
        {
            HubHost = hub.Address,
            Mirrors = ["http://127.0.0.1:1", $"http://{broken.Address}", $"http://{mirror.Address}/"],
        });

        Assert.Equal(inMirror, (await client.OpenForPull(ImageReference.Parse("one")).GetManifestAsync("latest")).Content.ToArray());
        var two = client.OpenForPull(ImageReference.Parse("two"));
        Assert.Equal(inHub, (await two.GetManifestAsync("latest")).Content.ToArray());
        Assert.Equal(layer, await two.GetBlobAsync(TestContent.Describe(layer), 1 << 20));
        var missing = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(ImageReference.Parse("three")).GetManifestAsync("latest"));
        Assert.Equal((ErrorKind.NotFound, "manifest for three:latest not found: manifest unknown: manifest unknown"), (missing.Kind, missing.Message));
    }

    [Fact]
    public async Task Hosts_toml_names_other_places_to_pull_from()
    {
        using var directory = new TemporaryDirectory();
        await using var upstream = await TestRegistry.StartAsync();
        await using var mirror = await TestRegistry.StartAsync();
        using var pusher = new RegistryClient(Clients.Quick);
        var (inMirror, _, _) = await TestContent.PushImageAsync(pusher.OpenForPush(mirror.Reference("x/one")), "v1", seed: 1);
        var (inUpstream, _, layer) = await TestContent.PushImageAsync(pusher.OpenForPush(upstream.Reference("x/one")), "v1", seed: 2);
        await TestContent.PushImageAsync(pusher.OpenForPush(upstream.Reference("x/two")), "v1", seed: 3);
        using var client = new RegistryClient(Clients.Quick with { CertificatesDirectory = directory.At("certs.d") });
        async Task<byte[]> PullAsync() => (await client.OpenForPull(ImageReference.Parse("images.invalid/x/one")).GetManifestAsync("v1")).Content.ToArray();
        void Write(string text)
        {
            Directory.CreateDirectory(directory.At("certs.d", "images.invalid"));
            File.WriteAllText(directory.At("certs.d", "images.invalid", "hosts.toml"), text);
        }

        Write($"server = \"http://{upstream.Address}\" # the real one\n\n[host.\"http://127.0.0.1:1\"]\n[host.'http://{mirror.Address}']\n  capabilities = [\n    \"pull\",\n    \"resolve\"]\n");
        Assert.Equal(inMirror, await PullAsync());
        var two = client.OpenForPull(ImageReference.Parse("images.invalid/x/two"));
        Assert.NotEmpty((await two.GetManifestAsync("v1")).Content.ToArray());

        // A mirror that may not say what a tag is, is not asked for one.
        Write($"server = \"http://{upstream.Address}\"\n[host.\"http://{mirror.Address}\"]\ncapabilities = [\"pull\"]\nskip_verify = true\n");
        Assert.Equal(inUpstream, await PullAsync());
        await client.OpenForPush(ImageReference.Parse("images.invalid/x/three")).UploadAsync(TestContent.Source(layer));
        using var pushed = await upstream.Http.GetAsync($"/v2/x/three/blobs/{Digest.Of(layer)}");
        Assert.True(pushed.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("server = https://x", 1)]
    [InlineData("# fine\n[host.\"https://x\"]\nca = true", 3)]
    [InlineData("[host.\"https://x\"]\nclient = [[\"/a\", \"/b\", \"/c\"]]", 2)]
    [InlineData("[host.\"https://x\"]\noverride_path = 1", 2)]
    [InlineData("[host.\"https://x\".header]", 1)]
    [InlineData("[host.\"https://x\"]\n[host.\"https://x\".header]\nx y = \"1\"", 3)]
    [InlineData("[host.\"https://x\"]\ncapabilities = [\"pull\",\n\n\n", 2)]
    [InlineData("[host.\"ftp://x\"]", 1)]
    [InlineData("[host.\"https://x\"]\ncapabilities = pull", 2)]
    [InlineData("nonsense", 1)]
    public void Hosts_toml_that_says_what_is_not_supported(string text, int line)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.At("images.invalid"));
        File.WriteAllText(directory.At("images.invalid", "hosts.toml"), text);
        using var client = new RegistryClient(Clients.Quick with { CertificatesDirectory = directory.At() });

        var exception = Assert.Throws<GantryException>(() => client.OpenForPull(ImageReference.Parse("images.invalid/x")));

        Assert.StartsWith($"{directory.At("images.invalid", "hosts.toml")}: line {line}: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_toml_with_a_whole_path_and_headers()
    {
        using var directory = new TemporaryDirectory();
        var manifest = TestContent.Manifest(TestContent.Describe("{}"u8.ToArray(), MediaTypes.OciConfig), []);
        var blob = TestContent.Bytes(1000);
        await using var elsewhere = new ScriptedServer((_, reply) => reply.SendAsync(200, blob));
        await using var mirror = new ScriptedServer((request, reply) => request.Path.Contains("/blobs/", StringComparison.Ordinal)
            ? reply.SendAsync(307, "", $"Location: http://{elsewhere.Address}/signed")
            : reply.SendAsync(200, manifest, "Content-Type: " + MediaTypes.OciManifest));
        Directory.CreateDirectory(directory.At("images.invalid"));
        await File.WriteAllTextAsync(directory.At("images.invalid", "hosts.toml"), $"""
            [host."http://{mirror.Address}/v2/project"]
              override_path = true
              [host."http://{mirror.Address}/v2/project".header]
                x-secret = "one"
                "x-more" = ["a", 'b']
            """);
        using var client = new RegistryClient(Clients.Quick with { CertificatesDirectory = directory.At() });
        var repository = client.OpenForPull(ImageReference.Parse("images.invalid/x/one"));

        Assert.Equal(manifest, (await repository.GetManifestAsync("v1")).Content.ToArray());
        Assert.Equal(blob, await repository.GetBlobAsync(TestContent.Describe(blob), 1 << 20));

        Assert.Equal("/v2/project/x/one/manifests/v1", Assert.Single(mirror.To("/manifests/")).Path);
        Assert.All(mirror.Requests, request => Assert.Equal(("one", "a, b"), (request.Header("x-secret"), request.Header("x-more"))));
        Assert.All(elsewhere.Requests, request => Assert.Equal(string.Empty, request.Header("x-secret")));
    }

    [Fact]
    public async Task Hosts_toml_with_a_path_wants_to_be_told()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.At("images.invalid"));
        await File.WriteAllTextAsync(directory.At("images.invalid", "hosts.toml"), "[host.\"https://x/proxy\"]\n");
        using var client = new RegistryClient(Clients.Quick with { CertificatesDirectory = directory.At() });

        var exception = Assert.Throws<GantryException>(() => client.OpenForPull(ImageReference.Parse("images.invalid/x")));

        Assert.EndsWith("https://x/proxy/ has a path: that takes override_path = true", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_toml_with_an_authority_and_a_client_certificate()
    {
        using var directory = new TemporaryDirectory();
        using var certificate = Certificate("localhost");
        await using var upstream = await TestRegistry.StartAsync(options => options with { Certificate = certificate });
        using var pusher = new RegistryClient(Clients.Quick with { InsecureRegistries = ["localhost"] });
        var address = upstream.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        var (manifest, _, _) = await TestContent.PushImageAsync(pusher.OpenForPush(ImageReference.Parse($"{address}/x/one")), "v1");
        Directory.CreateDirectory(directory.At("images.invalid"));
        await File.WriteAllTextAsync(directory.At("images.invalid", "ca.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(directory.At("client.pem"), certificate.ExportCertificatePem() + "\n" + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(
            directory.At("images.invalid", "hosts.toml"), $"[host.\"https://{address}\"]\nca = \"ca.pem\"\nclient = [[\"{directory.At("client.pem")}\", \"{directory.At("client.pem")}\"]]\n");
        var settings = Transport.HostsFile.Read(directory.At(), "images.invalid").Hosts[0].Settings;
        using var pool = new Transport.HttpPool(Clients.Quick with { CertificatesDirectory = directory.At() });

        using var answer = await pool.For(address, insecure: false, settings).SendAsync(new HttpRequestMessage(HttpMethod.Get, $"https://{address}/v2/x/one/manifests/v1"), CancellationToken.None);

        Assert.Equal(manifest, await answer.Content.ReadAsByteArrayAsync());
        await Assert.ThrowsAsync<HttpRequestException>(() => PingAsync(pool, address));
    }

    [Fact]
    public async Task Malformed_mirror_is_refused_at_start()
    {
        Assert.Throws<GantryException>(() => new RegistryClient(Clients.Quick with { Mirrors = ["not a url"] }));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("DENIED", "no way", "pull access denied for {0}/x/y, repository does not exist or may require 'docker login': denied: no way", ErrorKind.NotFound)]
    [InlineData("MANIFEST_UNKNOWN", "manifest unknown", "manifest for {0}/x/y:1 not found: manifest unknown: manifest unknown", ErrorKind.NotFound)]
    [InlineData("NAME_UNKNOWN", "repository name not known to registry", "repository {0}/x/y not found: name unknown: repository name not known to registry", ErrorKind.NotFound)]
    [InlineData("UNKNOWN", "strange", "unknown: strange", ErrorKind.Internal)]
    public async Task Dockers_words_for_refusals(string code, string message, string expected, ErrorKind kind)
    {
        await using var registry = new HostileRegistry(async (request, reply, _) =>
        {
            if (request.Path == "/v2/")
            {
                return false;
            }

            await reply.SendAsync(404, $"{{\"errors\":[{{\"code\":\"{code}\",\"message\":\"{message}\"}}]}}", "Content-Type: application/json");
            return true;
        });
        using var client = new RegistryClient(Clients.Quick);

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(registry.Reference).GetManifestAsync("1"));

        Assert.Equal((kind, string.Format(expected, registry.Server.Address)), (exception.Kind, exception.Message));
    }

    private static async Task<HttpResponseMessage> PingAsync(Transport.HttpPool pool, string address) =>
        await pool.For(address, insecure: false).SendAsync(new HttpRequestMessage(HttpMethod.Get, $"https://{address}/v2/"), CancellationToken.None);

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
