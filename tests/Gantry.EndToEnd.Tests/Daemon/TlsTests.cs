using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary><c>-H tcp://</c> with and without TLS.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task Only_clients_that_the_ca_signed_are_served()
    {
        await using var daemon = new ScratchDaemon();
        using var ca = Authority("ca");
        using var stranger = Authority("stranger");
        Write(daemon.Folder, "ca", ca);
        Write(daemon.Folder, "server", Issue(ca, "1.3.6.1.5.5.7.3.1"));
        Write(daemon.Folder, "client", Issue(ca, "1.3.6.1.5.5.7.3.2"));
        Write(daemon.Folder, "other", Issue(stranger, "1.3.6.1.5.5.7.3.2"));
        var plugin = AuthorizationPluginServer.Start();
        await daemon.StartAsync("-H", "tcp://127.0.0.1:23761", "--authorization-plugin", plugin.Name, "--tlsverify",
            "--tlscacert", $"{daemon.Folder}/ca.pem", "--tlscert", $"{daemon.Folder}/server.pem", "--tlskey", $"{daemon.Folder}/server.key");

        string[] Flags(string who) => ["-H", "tcp://127.0.0.1:23761", "--tlsverify",
            "--tlscacert", $"{daemon.Folder}/ca.pem", "--tlscert", $"{daemon.Folder}/{who}.pem", "--tlskey", $"{daemon.Folder}/{who}.key"];
        foreach (var cli in new[] { Repository.Binary("gantry"), EngineProcess.DockerCli }.OfType<string>())
        {
            Assert.NotEmpty((await daemon.RunAsync(cli, [.. Flags("client"), "version", "-f", "{{.Server.Version}}"])).Succeeded().Text);
            Assert.NotEqual(0, (await daemon.RunAsync(cli, [.. Flags("other"), "version", "-f", "{{.Server.Version}}"])).ExitCode);
        }

        (await daemon.GantryAsync([.. Flags("client"), "import", Repository.BusyboxTar, "bb"])).Succeeded();
        Assert.Equal("through", (await Command.RunAsync(Repository.Binary("gantry"), [.. Flags("client"), "run", "--rm", "-i", "bb", "/bin/cat"], "through")).Succeeded().Text);
        Assert.DoesNotContain("insecure", daemon.Log, StringComparison.Ordinal);

        // Who it was is known to those who decide.
        var heard = plugin.Heard(response: false, "/images/create")[0];
        Assert.Equal("leaf by TLS", $"{heard["User"]} by {heard["UserAuthNMethod"]}");
        Assert.Equal(File.ReadAllText($"{daemon.Folder}/client.pem"), AuthorizationPluginServer.Text(heard["RequestPeerCertificates"]![0]).TrimEnd());
        await plugin.StopAsync();
    }

    [Fact]
    public async Task Tls_alone_verifies_clients_and_listens_where_docker_looks()
    {
        await using var daemon = new ScratchDaemon();
        using var ca = Authority("ca");
        using var stranger = Authority("stranger");
        Write(daemon.Folder, "ca", ca);
        Write(daemon.Folder, "server", Issue(ca, "1.3.6.1.5.5.7.3.1"));
        Write(daemon.Folder, "client", Issue(ca, "1.3.6.1.5.5.7.3.2"));
        Write(daemon.Folder, "other", Issue(stranger, "1.3.6.1.5.5.7.3.2"));
        await daemon.StartAsync("--tls", "--tlscacert", $"{daemon.Folder}/ca.pem", "--tlscert", $"{daemon.Folder}/server.pem", "--tlskey", $"{daemon.Folder}/server.key");
        Task<Result> VersionAsync(string who) => daemon.RunAsync(Repository.Binary("gantry"), "-H", "tcp://127.0.0.1:2376", "--tlsverify",
            "--tlscacert", $"{daemon.Folder}/ca.pem", "--tlscert", $"{daemon.Folder}/{who}.pem", "--tlskey", $"{daemon.Folder}/{who}.key", "version", "-f", "{{.Server.Version}}");

        (await VersionAsync("client")).Succeeded();
        Assert.NotEqual(0, (await VersionAsync("other")).ExitCode);
        Assert.Equal(["CN=ca"], await AcceptedIssuersAsync(2376));
    }

    /// <summary>Whose certificates a server asks its clients for.</summary>
    private static async Task<string[]> AcceptedIssuersAsync(int port)
    {
        using var tcp = new TcpClient("127.0.0.1", port);
        await using var stream = new SslStream(tcp.GetStream());
        string[] issuers = [];
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Issuer == "CN=ca",
            LocalCertificateSelectionCallback = (_, _, _, _, acceptable) =>
            {
                issuers = acceptable.Length > 0 ? acceptable : issuers;
                return null!;
            },
        });
        return issuers;
    }

    [Fact]
    public async Task Plain_tcp_is_warned_of()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", "tcp://127.0.0.1:23762", "-H", daemon.Socket);

        Assert.Contains("Binding to IP address without --tlsverify is insecure", daemon.Log, StringComparison.Ordinal);
        Assert.Contains("[DEPRECATION NOTICE]: API is accessible on http://127.0.0.1:23762 without encryption.",
            (await daemon.GantryAsync("-H", daemon.Socket, "info")).Succeeded().Error, StringComparison.Ordinal);
        await using var second = new ScratchDaemon();
        (await second.RunAsync(Repository.Binary("gantryd"), [.. second.Roots, "-H", "tcp://127.0.0.1:23762"]))
            .Failed("failed to load listeners: listen tcp 127.0.0.1:23762: bind: address already in use");
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static X509Certificate2 Issue(X509Certificate2 ca, string usage)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using var bare = request.Create(ca, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }

    private static void Write(string folder, string name, X509Certificate2 certificate)
    {
        File.WriteAllText($"{folder}/{name}.pem", certificate.ExportCertificatePem());
        File.WriteAllText($"{folder}/{name}.key", certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }
}
