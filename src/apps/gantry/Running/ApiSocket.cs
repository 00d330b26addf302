using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gantry.Api;
using Gantry.Apps.Cli.Configuration;
using Gantry.Client.Transports;
using Gantry.Errors;
using Gantry.IO.Tar;

namespace Gantry.Apps.Cli.Running;

/// <summary>
/// --use-api-socket: the container has the engine's socket at Docker's place, and a config file with the credentials of all registries, which
/// DOCKER_CONFIG names. Who sets that variable brings a file of his own.
/// </summary>
internal sealed class ApiSocket
{
    private const string Target = "/var/run/docker.sock";
    private const string Variable = "DOCKER_CONFIG=";
    private const string Folder = "/run/secrets/docker";
    private const int OwnerOnly = 0x180;

    private readonly byte[]? _config;

    private ApiSocket(byte[]? config) => _config = config;

    /// <summary>Adds mount and variable to what is to be created.</summary>
    /// <exception cref="GantryException">InvalidArgument: the engine is not reached by a unix socket; else: a credential helper failed.</exception>
    public static async Task<ApiSocket> PrepareAsync(Cli cli, ContainerCreateRequest request, CancellationToken cancellationToken)
    {
        var host = cli.EngineHost;
        if (host.Scheme != HostScheme.Unix)
        {
            throw GantryException.InvalidArgument($"flag --use-api-socket can only be used with unix sockets: docker endpoint {host.Text} incompatible");
        }

        request.HostConfig!.Mounts = [.. request.HostConfig.Mounts ?? [], new Mount { Type = "bind", Source = host.Address, Target = Target, BindOptions = new MountBindOptions() }];
        if (request.Env?.Any(v => v.StartsWith(Variable, StringComparison.Ordinal)) == true)
        {
            return new ApiSocket(null);
        }

        var credentials = await CredentialsAsync(cli, cancellationToken);
        if (credentials.Count == 0)
        {
            return new ApiSocket(null);
        }

        request.Env = [.. request.Env ?? [], Variable + Folder];
        return new ApiSocket(ConfigFile(credentials));
    }

    /// <summary>Puts the credentials into the container that was created.</summary>
    public async Task InjectAsync(Cli cli, string container, CancellationToken cancellationToken)
    {
        if (_config is not { } config)
        {
            return;
        }

        async Task WriteAsync(Stream target, CancellationToken token)
        {
            using var tar = new TarWriter(target);
            await tar.WriteEntryAsync(new TarEntry { Name = Folder[1..] + "/config.json", Kind = TarEntryKind.File, Mode = OwnerOnly, Size = config.Length }, config, token);
            await tar.CompleteAsync(token);
        }

        try
        {
            await cli.Client.PutArchiveAsync(container, "/", WriteAsync, noOverwriteDirNonDir: false, copyUidGid: false, cancellationToken);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"injecting docker config.json into container failed: {e.Message}", e);
        }
    }

    private static async Task<IReadOnlyList<(string Server, AuthConfig Auth)>> CredentialsAsync(Cli cli, CancellationToken cancellationToken)
    {
        try
        {
            return await new CredentialStore(cli.Config).AllAsync(cancellationToken);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"resolving credentials failed: {e.Message}", e);
        }
    }

    private static byte[] ConfigFile(IReadOnlyList<(string Server, AuthConfig Auth)> credentials)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("auths");
            foreach (var (server, auth) in credentials)
            {
                json.WriteStartObject(server);
                if (auth.Username is { Length: > 0 } || auth.Password is { Length: > 0 })
                {
                    json.WriteString("auth", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{auth.Username}:{auth.Password}")));
                }

                if (auth.Identitytoken is { Length: > 0 } token)
                {
                    json.WriteString("identitytoken", token);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
