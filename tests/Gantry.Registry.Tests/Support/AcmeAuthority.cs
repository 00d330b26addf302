using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Gantry.Registry.Tests.Support;

/// <summary>
/// A certificate authority that speaks ACME (RFC 8555) as strictly as real ones: every request signed by the account's key, for its own address, with a
/// nonce that was not used before. It asks every domain's challenge at one address.
/// </summary>
internal sealed class AcmeAuthority : IAsyncDisposable
{
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _issuer;
    private readonly HashSet<string> _nonces = [];
    private readonly ScriptedServer _server;
    private readonly HttpClient _http = new();
    private JsonElement _accountKey;
    private string[] _domains = [];
    private string _token = "";
    private bool _isAuthorized;
    private int _asked;
    private string _chain = "";
    private int _serial;

    internal AcmeAuthority()
    {
        var root = new CertificateRequest("CN=Test Root", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Root = root.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        var issuer = new CertificateRequest("CN=Test Issuer", _issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var signed = issuer.Create(Root, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddMonths(6), [1, 2, 3]);
        _issuer = signed.CopyWithPrivateKey(_issuerKey);
        _server = new ScriptedServer(AnswerAsync);
    }

    internal X509Certificate2 Root { get; }

    internal Uri Directory => new($"http://{_server.Address}/directory");

    /// <summary>host:port that stands for port 80 of every domain.</summary>
    internal string Challenged { get; set; } = "";

    internal TimeSpan Lifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Refuses the next nonce, as one that expired.</summary>
    internal bool ForgetsNonces { get; set; }

    /// <summary>Certificates given so far.</summary>
    internal int Given => _serial;

    /// <summary>Accounts asked for: a key has one.</summary>
    internal HashSet<string> Accounts { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _http.Dispose();
        _issuer.Dispose();
        Root.Dispose();
        _rootKey.Dispose();
        _issuerKey.Dispose();
    }

    private string At(string path) => $"http://{_server.Address}{path}";

    private async Task AnswerAsync(ScriptedRequest request, ScriptedReply reply)
    {
        if (request.Path == "/directory")
        {
            await reply.SendAsync(200, $"{{\"newNonce\":\"{At("/nonce")}\",\"newAccount\":\"{At("/account")}\",\"newOrder\":\"{At("/order")}\"}}");
            return;
        }

        var nonce = $"Replay-Nonce: {Nonce()}";
        if (request.Path == "/nonce")
        {
            await reply.SendAsync(200, "", nonce);
            return;
        }

        var problem = Verify(request, out var payload);
        if (problem is not null)
        {
            await reply.SendAsync(400, $"{{\"type\":\"urn:ietf:params:acme:error:{problem}\",\"detail\":\"{problem}\"}}", nonce);
            return;
        }

        switch (request.Path)
        {
            case "/account":
                Accounts.Add(_accountKey.GetProperty("x").GetString()!);
                await reply.SendAsync(201, "{\"status\":\"valid\"}", nonce, $"Location: {At("/account/1")}");
                break;
            case "/order":
                _domains = [.. payload.GetProperty("identifiers").EnumerateArray().Select(i => i.GetProperty("value").GetString()!)];
                (_isAuthorized, _asked, _chain) = (false, 0, "");
                _token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
                await reply.SendAsync(201, Order("pending"), nonce, "Location: /order/1");
                break;
            case "/authorization/1":
                // It takes a moment, as in life.
                var status = _asked == 0 || ++_asked < 3 ? "pending" : _isAuthorized ? "valid" : "invalid";
                var error = status == "invalid" ? ",\"error\":{\"type\":\"urn:ietf:params:acme:error:unauthorized\",\"detail\":\"the domain answers something else\"}" : "";
                await reply.SendAsync(
                    200, $"{{\"status\":\"{status}\",\"identifier\":{{\"type\":\"dns\",\"value\":\"{_domains[0]}\"}},\"challenges\":["
                    + $"{{\"type\":\"dns-01\",\"url\":\"{At("/challenge/0")}\",\"token\":\"x\"}},{{\"type\":\"http-01\",\"url\":\"{At("/challenge/1")}\",\"token\":\"{_token}\"{error}}}]}}",
                    nonce, "Retry-After: 0");
                break;
            case "/challenge/1":
                _isAuthorized = await _http.GetStringAsync($"http://{Challenged}/.well-known/acme-challenge/{_token}") == $"{_token}.{Thumbprint()}";
                _asked = 1;
                await reply.SendAsync(200, "{\"status\":\"processing\"}", nonce);
                break;
            case "/finalize/1":
                _chain = Issue(Base64Url.DecodeFromChars(payload.GetProperty("csr").GetString()));
                await reply.SendAsync(200, Order("processing"), nonce);
                break;
            case "/order/1":
                await reply.SendAsync(200, Order(_chain.Length > 0 ? "valid" : "pending"), nonce, "Retry-After: 0");
                break;
            case "/certificate/1":
                await reply.SendAsync(200, _chain, nonce, "Content-Type: application/pem-certificate-chain");
                break;
            default:
                await reply.SendAsync(404, "{}", nonce);
                break;
        }
    }

    private string Order(string status) =>
        $"{{\"status\":\"{status}\",\"authorizations\":[\"{At("/authorization/1")}\"],\"finalize\":\"{At("/finalize/1")}\""
        + (status == "valid" ? $",\"certificate\":\"{At("/certificate/1")}\"}}" : "}");

    private string Issue(byte[] request)
    {
        var wanted = CertificateRequest.LoadSigningRequest(request, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        using var certificate = wanted.Create(_issuer, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + Lifetime, BitConverter.GetBytes(++_serial));
        return certificate.ExportCertificatePem() + "\n" + _issuer.ExportCertificatePem() + "\n";
    }

    private string Nonce()
    {
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
        _nonces.Add(nonce);
        return nonce;
    }

    /// <summary>What is wrong with a request, or null.</summary>
    private string? Verify(ScriptedRequest request, out JsonElement payload)
    {
        payload = default;
        using var body = JsonDocument.Parse(request.Body);
        var (head, content) = (body.RootElement.GetProperty("protected").GetString()!, body.RootElement.GetProperty("payload").GetString()!);
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(head)).RootElement;
        var hasKey = header.TryGetProperty("jwk", out var jwk);
        if (hasKey == header.TryGetProperty("kid", out var account) || hasKey != (request.Path == "/account") || request.Header("content-type") != "application/jose+json")
        {
            return "malformed";
        }

        _accountKey = account.ValueKind == JsonValueKind.Undefined ? jwk : _accountKey;
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(_accountKey.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(_accountKey.GetProperty("y").GetString()) },
        });
        var isKnown = _nonces.Remove(header.GetProperty("nonce").GetString()!) && !ForgetsNonces;
        ForgetsNonces = false;
        if (!isKnown)
        {
            return "badNonce";
        }

        var signature = Base64Url.DecodeFromChars(body.RootElement.GetProperty("signature").GetString());
        if (header.GetProperty("alg").GetString() != "ES256" || header.GetProperty("url").GetString() != At(request.Path)
            || !key.VerifyData(Encoding.ASCII.GetBytes($"{head}.{content}"), signature, HashAlgorithmName.SHA256)
            || (account.ValueKind != JsonValueKind.Undefined && account.GetString() != At("/account/1")))
        {
            return "unauthorized";
        }

        payload = content.Length == 0 ? default : JsonDocument.Parse(Base64Url.DecodeFromChars(content)).RootElement.Clone();
        return null;
    }

    private string Thumbprint() => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{_accountKey.GetProperty("x").GetString()}\",\"y\":\"{_accountKey.GetProperty("y").GetString()}\"}}"))));
}
