using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Gantry.Api;
using Gantry.Errors;
using Gantry.Registry;

namespace Gantry.Engine.Http.Routing;

/// <summary>Credentials that clients send along: <c>X-Registry-Auth</c> for one registry, <c>X-Registry-Config</c> for many.</summary>
internal static class RegistryAuth
{
    private const string HubKey = "https://index.docker.io/v1/";
    private const string HubDomain = "docker.io";

    /// <summary>Null when the header is missing, malformed (as Docker has it, for old clients' sake) or names nobody.</summary>
    internal static RegistryCredentials? One(ApiRequest request)
    {
        var header = request.Http.Headers["X-Registry-Auth"].ToString();
        try
        {
            return header.Length == 0 ? null : Credentials(Decode(header, text => JsonSerializer.Deserialize(text, ApiJson.Default.AuthConfig)));
        }
        catch (GantryException)
        {
            return null;
        }
    }

    /// <summary>Looks credentials up by a registry's domain (<c>docker.io</c>, <c>host:port</c>).</summary>
    internal static Func<string, RegistryCredentials?> Many(ApiRequest request)
    {
        var header = request.Http.Headers["X-Registry-Config"].ToString();
        if (header.Length == 0)
        {
            return _ => null;
        }

        var configured = Decode(header, text =>
        {
            using var document = JsonDocument.Parse(text);
            // A Go client without credentials sends its nil map.
            return document.RootElement.ValueKind == JsonValueKind.Null ? [] : document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Deserialize(ApiJson.Default.AuthConfig));
        }) ?? [];
        return domain => configured.FirstOrDefault(c => DomainOf(c.Key) == domain).Value is { } found ? Credentials(found) : null;
    }

    internal static RegistryCredentials? Credentials(AuthConfig? auth)
    {
        if (auth is null)
        {
            return null;
        }

        var (user, password) = (auth.Username ?? string.Empty, auth.Password ?? string.Empty);
        if (user.Length == 0 && !string.IsNullOrEmpty(auth.Auth) && TryDecode(auth.Auth) is { } pair && pair.Split(':', 2) is [var u, var p])
        {
            (user, password) = (u, p.TrimEnd('\0'));
        }

        var credentials = new RegistryCredentials
        {
            Username = user,
            Password = password,
            IdentityToken = auth.Identitytoken ?? string.Empty,
            RegistryToken = auth.Registrytoken ?? string.Empty,
        };
        return credentials == new RegistryCredentials() ? null : credentials;
    }

    private static string DomainOf(string key)
    {
        if (key == HubKey)
        {
            return HubDomain;
        }

        var start = key.IndexOf("://", StringComparison.Ordinal);
        var host = start < 0 ? key : key[(start + 3)..];
        var slash = host.IndexOf('/', StringComparison.Ordinal);
        host = slash < 0 ? host : host[..slash];
        return host is "index.docker.io" or "registry-1.docker.io" ? HubDomain : host;
    }

    private static T? Decode<T>(string header, Func<byte[], T?> parse)
    {
        try
        {
            // Base64url.DecodeFromChars takes it with and without padding; old clients send the standard alphabet.
            return parse(Base64Url.DecodeFromChars(header.Replace('+', '-').Replace('/', '_')));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw GantryException.InvalidArgument("invalid X-Registry-Auth header: must be a valid base64url encoded JSON object", e);
        }
    }

    private static string? TryDecode(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
