using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Acme;

/// <summary>The key that an account at an authority is known by (ES256); made once and kept.</summary>
internal sealed class AccountKey : IDisposable
{
    private readonly ECDsa _key;

    internal AccountKey(string path)
    {
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            _key.ImportFromPem(File.ReadAllText(path));
        }
        else
        {
            SecretFile.Write(path, Encoding.ASCII.GetBytes(_key.ExportPkcs8PrivateKeyPem() + "\n"));
        }

        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        Jwk = new AcmeJwk("P-256", "EC", Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(
            $"{{\"crv\":\"{Jwk.Crv}\",\"kty\":\"{Jwk.Kty}\",\"x\":\"{Jwk.X}\",\"y\":\"{Jwk.Y}\"}}")));
    }

    internal AcmeJwk Jwk { get; }

    /// <summary>RFC 7638: what a challenge's answer has behind its token.</summary>
    internal string Thumbprint { get; }

    /// <summary>A request's body (RFC 8555, 6.2).</summary>
    /// <param name="account">The account's address; null while it has none.</param>
    /// <param name="payload">Empty for a request that only asks.</param>
    internal byte[] Sign(Uri url, string nonce, Uri? account, ReadOnlySpan<byte> payload)
    {
        var header = new AcmeHeader("ES256", nonce, url, account is null ? Jwk : null, account);
        var (head, body) = (Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header, AcmeJson.Default.AcmeHeader)), Base64Url.EncodeToString(payload));
        var signature = _key.SignData(Encoding.ASCII.GetBytes($"{head}.{body}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return JsonSerializer.SerializeToUtf8Bytes(new AcmeSigned(head, body, Base64Url.EncodeToString(signature)), AcmeJson.Default.AcmeSigned);
    }

    public void Dispose() => _key.Dispose();
}
