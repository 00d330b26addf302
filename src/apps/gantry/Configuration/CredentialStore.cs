using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Configuration;

/// <summary>Credentials of registries: in config.json, or with the helper that it names for a registry (credHelpers) or for all (credsStore).</summary>
internal sealed class CredentialStore(ConfigFile config)
{
    /// <summary>The key of Docker Hub.</summary>
    public const string HubServer = "https://index.docker.io/v1/";

    private const string TokenUser = "<token>";

    /// <summary>The key under which credentials of a reference's registry are kept.</summary>
    public static string ServerOf(ImageReference reference) => ServerOf(reference.Domain);

    public static string ServerOf(string domain) => domain is ImageReference.DefaultDomain or "index.docker.io" ? HubServer : domain;

    /// <summary>Whether secrets of <paramref name="server"/> end up in the config file itself.</summary>
    public bool IsPlain(string server) => HelperFor(server) is null;

    /// <summary>What is known of a server; empty credentials where nothing is.</summary>
    public async Task<AuthConfig> GetAsync(string server, CancellationToken cancellationToken)
    {
        if (HelperFor(server) is not { } helper)
        {
            return FromFile(server);
        }

        return await helper.GetAsync(server, cancellationToken) is not var (user, secret) ? new AuthConfig { Serveraddress = server }
            : user == TokenUser ? new AuthConfig { Identitytoken = secret, Serveraddress = server }
            : new AuthConfig { Username = user, Password = secret, Serveraddress = server };
    }

    /// <summary>Keeps credentials. The caller saves the config file.</summary>
    public async Task StoreAsync(AuthConfig auth, CancellationToken cancellationToken)
    {
        var server = auth.Serveraddress ?? "";
        var token = auth.Identitytoken ?? "";
        if (HelperFor(server) is { } helper)
        {
            await helper.StoreAsync(server, token.Length > 0 ? TokenUser : auth.Username ?? "", token.Length > 0 ? token : auth.Password ?? "", cancellationToken);
            config.Auths[server] = new JsonObject();
            return;
        }

        var entry = new JsonObject { ["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{auth.Username}:{(token.Length > 0 ? "" : auth.Password)}")) };
        if (token.Length > 0)
        {
            entry["identitytoken"] = token;
        }

        config.Auths[server] = entry;
    }

    /// <summary>Whether anything is kept for a server.</summary>
    public bool Contains(string server) => config.Auths.ContainsKey(server);

    /// <summary>Forgets a server. The caller saves the config file.</summary>
    public async Task EraseAsync(string server, CancellationToken cancellationToken)
    {
        if (HelperFor(server) is { } helper)
        {
            await helper.EraseAsync(server, cancellationToken);
        }

        config.Auths.Remove(server);
    }

    /// <summary>X-Registry-Auth for a reference.</summary>
    public Task<string> HeaderAsync(ImageReference reference, CancellationToken cancellationToken) => HeaderForServerAsync(ServerOf(reference), cancellationToken);

    /// <summary>X-Registry-Auth for a server.</summary>
    public async Task<string> HeaderForServerAsync(string server, CancellationToken cancellationToken) => Encode((await GetAsync(server, cancellationToken)).WriteTo);

    /// <summary>Everything there is, by server in order.</summary>
    public async Task<IReadOnlyList<(string Server, AuthConfig Auth)>> AllAsync(CancellationToken cancellationToken)
    {
        var all = new List<(string Server, AuthConfig Auth)>();
        var servers = config.Auths.Select(a => a.Key).Concat(config.CredentialHelpers.Keys).ToHashSet(StringComparer.Ordinal);
        if (config.CredentialsStore is { } store)
        {
            servers.UnionWith((await new CredentialHelper(store).ListAsync(cancellationToken)).Keys);
        }

        foreach (var server in servers.Order(StringComparer.Ordinal))
        {
            all.Add((server, await GetAsync(server, cancellationToken)));
        }

        return all;
    }

    /// <summary>X-Registry-Config: everything there is, for builds that pull from several registries.</summary>
    public async Task<string> AllHeaderAsync(CancellationToken cancellationToken)
    {
        var all = await AllAsync(cancellationToken);
        return Encode(json =>
        {
            json.WriteStartObject();
            foreach (var (server, auth) in all)
            {
                json.WritePropertyName(server);
                auth.WriteTo(json);
            }

            json.WriteEndObject();
        });
    }

    private CredentialHelper? HelperFor(string server) =>
        config.CredentialHelpers.TryGetValue(server, out var own) ? new CredentialHelper(own)
        : config.CredentialsStore is { } all ? new CredentialHelper(all)
        : null;

    private AuthConfig FromFile(string server)
    {
        var entry = config.Auths[server] ?? config.Auths.FirstOrDefault(a => HostOf(a.Key) == HostOf(server)).Value;
        if (entry is not JsonObject known)
        {
            return new AuthConfig { Serveraddress = server };
        }

        var (user, password) = Decode(Text(known, "auth"));
        return new AuthConfig
        {
            Username = user.Length > 0 ? user : Text(known, "username"),
            Password = password.Length > 0 ? password : Text(known, "password"),
            Identitytoken = Text(known, "identitytoken"),
            Serveraddress = server,
        };
    }

    private static (string User, string Password) Decode(string auth)
    {
        Span<byte> buffer = new byte[auth.Length];
        if (!Convert.TryFromBase64String(auth, buffer, out var length))
        {
            return ("", "");
        }

        var text = Encoding.UTF8.GetString(buffer[..length]).TrimEnd('\0');
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? ("", "") : (text[..colon], text[(colon + 1)..]);
    }

    private static string Text(JsonObject entry, string name) => entry[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    /// <summary>Old files have URLs as keys.</summary>
    private static string HostOf(string server)
    {
        var mark = server.IndexOf("://", StringComparison.Ordinal);
        var host = mark < 0 ? server : server[(mark + 3)..];
        var slash = host.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? host : host[..slash];
    }

    private static string Encode(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return Convert.ToBase64String(buffer.ToArray()).Replace('+', '-').Replace('/', '_');
    }
}
