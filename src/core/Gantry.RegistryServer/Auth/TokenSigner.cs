using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gantry.RegistryServer.Json;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Auth;

/// <summary>
/// Makes and checks tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256. The key lies in the registry's directory, so tokens that
/// clients keep (identity tokens) hold across restarts.
/// </summary>
internal sealed class TokenSigner
{
    private const int KeySize = 32;
    private static readonly string s_header = Base64Url.EncodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"u8);
    private readonly byte[] _key;

    internal TokenSigner(string keyFile) => _key = LoadKey(keyFile);

    internal string Sign(TokenClaims claims)
    {
        var body = s_header + "." + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims, RegistryJson.Default.TokenClaims));
        return body + "." + Base64Url.EncodeToString(Mac(body));
    }

    /// <summary>The claims of a token of the wanted kind that we signed and that has not expired, else null.</summary>
    internal TokenClaims? Verify(string token, string kind)
    {
        var dot = token.LastIndexOf('.');
        var first = token.IndexOf('.', StringComparison.Ordinal);
        if (first <= 0 || dot <= first || token[..first] != s_header)
        {
            return null;
        }

        try
        {
            if (!CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(token.AsSpan(dot + 1)), Mac(token[..dot])))
            {
                return null;
            }

            var claims = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(token.AsSpan(first + 1, dot - first - 1)), RegistryJson.Default.TokenClaims);
            return claims is not null && claims.Kind == kind && claims.Expires > DateTimeOffset.UtcNow.ToUnixTimeSeconds() ? claims : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }

    private byte[] Mac(string body) => HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(body));

    private static byte[] LoadKey(string path)
    {
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: KeySize } key)
        {
            return key;
        }

        var fresh = RandomNumberGenerator.GetBytes(KeySize);
        SecretFile.Write(path, fresh);
        return fresh;
    }
}
