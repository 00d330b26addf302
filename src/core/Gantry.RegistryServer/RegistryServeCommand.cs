using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Errors;

namespace Gantry.RegistryServer;

/// <summary>The command line of <c>registry serve</c>: parses, starts a server, and runs until told to stop.</summary>
public static class RegistryServeCommand
{
    public const string Help = """
        Usage:  gantry registry serve [OPTIONS]

        Serve an image registry (OCI distribution API, usable by docker, podman, skopeo and others)

        Options:
              --acme DOMAIN        Serve https with a certificate for the domain from an ACME authority, renewed in time; its terms are agreed to. May be repeated
              --acme-directory URL   The authority (default Let's Encrypt)
              --acme-email ADDRESS   Where the authority writes to
              --acme-listen ADDRESS   IP address and port where its questions are answered; it asks at port 80 (default ":80")
              --access FILE        Who may do what in which repository: lines of USER|*|- NAME|PREFIX* pull,push,delete (needs --htpasswd, turns on --token-service)
              --anonymous-pull     Let anyone pull and only users push (needs --htpasswd, turns on --token-service)
              --htpasswd FILE      Take users and their passwords from an htpasswd file (bcrypt)
              --listen ADDRESS     IP address and port to listen on (default "127.0.0.1:5000")
              --metrics            Answer GET /metrics (OpenMetrics)
              --proxy [PREFIX=]URL   Fetch and keep what is asked for of another registry: repositories PREFIX/NAME (or NAME with ?ns=PREFIX) are its NAME; without a
                                   prefix, every name that nothing was pushed to (give docker this server as a registry-mirror then). May be repeated
              --proxy-passwords FILE   Log in at those registries: lines of HOST[:PORT] USER PASSWORD
              --quota BYTES        Most bytes that all repositories together may have (with k, m, g or t); copies make room, least recently used first
              --read-only          Refuse pushes and deletes
              --repository-quota BYTES   Most bytes of blobs that a repository may have (with k, m, g or t)
              --root DIRECTORY     Where images are kept (default "/var/lib/gantry/registry")
              --sparse-manifests   Take manifests whose layers or platforms are not all there
              --tls-cert FILE      Serve https with this certificate (PEM, with its chain)
              --tls-key FILE       Private key of the certificate (PEM)
              --token-service      Hand out bearer tokens instead of asking for the password each time (needs --htpasswd)
              --webhook URL        Tell this address of pushes, pulls and deletes, as Docker's registry does

        """;

    private static readonly RegistryAcme s_noDomains = new() { Domains = [] };

    private const string DefaultRoot = "/var/lib/gantry/registry";

    /// <summary>
    /// Runs <c>registry serve</c> with the arguments after that word until <paramref name="cancellationToken"/> is cancelled.
    /// Returns the exit code: 0, 125 for a bad command line, 1 when the server can't start.
    /// </summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (arguments.Any(argument => argument is "--help" or "-h"))
        {
            await output.WriteAsync(Help.AsMemory(), cancellationToken).ConfigureAwait(false);
            return 0;
        }

        try
        {
            var options = Parse(arguments) with { Log = error.WriteLine };
            using var certificate = options.Certificate;
            var server = await RegistryServer.StartAsync(options, cancellationToken).ConfigureAwait(false);
            await using var running = server.ConfigureAwait(false);
            var scheme = certificate is null && options.Acme is null ? "http" : "https";
            await output.WriteLineAsync($"registry listening on {scheme}://{server.Address}, images in {Path.GetFullPath(options.Root)}".AsMemory(), cancellationToken)
                .ConfigureAwait(false);
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        }
        catch (GantryException exception)
        {
            await error.WriteLineAsync($"registry serve: {exception.Message}").ConfigureAwait(false);
            return exception.Kind == ErrorKind.InvalidArgument ? 125 : 1;
        }
    }

    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static RegistryServerOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new RegistryServerOptions { Root = DefaultRoot };
        var (certificate, key) = (string.Empty, string.Empty);
        RegistryAcme? acme = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, inline) = Split(arguments[i]);
            string Value() => inline ?? (++i < arguments.Count ? arguments[i] : throw GantryException.InvalidArgument($"flag needs an argument: {name}"));
            switch (name)
            {
                case "--listen":
                    options = options with { Listen = Value() };
                    break;
                case "--root":
                    options = options with { Root = Value() };
                    break;
                case "--htpasswd":
                    options = options with { Users = RegistryUsers.FromHtpasswd(Value()) };
                    break;
                case "--access":
                    options = options with { Access = RegistryRules.FromFile(Value()) };
                    break;
                case "--metrics":
                    options = options with { Metrics = Flag(name, inline) };
                    break;
                case "--repository-quota":
                    options = options with { RepositoryQuota = Bytes(name, Value()) };
                    break;
                case "--quota":
                    options = options with { Quota = Bytes(name, Value()) };
                    break;
                case "--proxy":
                    options = options with { Upstreams = [.. options.Upstreams, RegistryUpstream.Parse(Value())] };
                    break;
                case "--proxy-passwords":
                    options = options with { UpstreamPasswords = UpstreamPasswords.FromFile(Value()) };
                    break;
                case "--webhook":
                    options = options with { Webhook = Address(name, Value()) };
                    break;
                case "--read-only":
                    options = options with { ReadOnly = Flag(name, inline) };
                    break;
                case "--sparse-manifests":
                    options = options with { SparseManifests = Flag(name, inline) };
                    break;
                case "--token-service":
                    options = options with { TokenService = Flag(name, inline) };
                    break;
                case "--anonymous-pull":
                    options = options with { AnonymousPull = Flag(name, inline) };
                    break;
                case "--acme":
                    acme = (acme ?? s_noDomains) with { Domains = [.. acme?.Domains ?? [], Domain(name, Value())] };
                    break;
                case "--acme-directory":
                    acme = (acme ?? s_noDomains) with { Directory = Address(name, Value()) };
                    break;
                case "--acme-email":
                    acme = (acme ?? s_noDomains) with { Email = Value() };
                    break;
                case "--acme-listen":
                    acme = (acme ?? s_noDomains) with { Listen = Value() };
                    break;
                case "--tls-cert":
                    certificate = Value();
                    break;
                case "--tls-key":
                    key = Value();
                    break;
                default:
                    throw GantryException.InvalidArgument(name.StartsWith('-') ? $"unknown flag: {name}" : $"unexpected argument: {name}");
            }
        }

        if (options is { Users: null } and ({ TokenService: true } or { AnonymousPull: true } or { Access: not null }))
        {
            throw GantryException.InvalidArgument("--token-service, --anonymous-pull and --access need --htpasswd");
        }

        if (options is { UpstreamPasswords: not null, Upstreams.Count: 0 })
        {
            throw GantryException.InvalidArgument("--proxy-passwords needs --proxy");
        }

        if (acme is { Domains.Count: 0 })
        {
            throw GantryException.InvalidArgument("--acme-directory, --acme-email and --acme-listen need --acme");
        }

        if (acme is not null && (certificate.Length > 0 || key.Length > 0))
        {
            throw GantryException.InvalidArgument("--acme and --tls-cert exclude each other");
        }

        return options with { Certificate = LoadCertificate(certificate, key), CertificateChain = LoadChain(certificate), Acme = acme };
    }

    private static (string Name, string? Value) Split(string argument)
    {
        var equals = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=', StringComparison.Ordinal) : -1;
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }

    private static bool Flag(string name, string? value) => value switch
    {
        null or "true" or "1" or "t" => true,
        "false" or "0" or "f" => false,
        _ => throw GantryException.InvalidArgument($"invalid argument \"{value}\" for \"{name}\" flag: expected true or false"),
    };

    private static long Bytes(string name, string value)
    {
        var unit = value.Length == 0 ? -1 : "kmgt".IndexOf(char.ToLowerInvariant(value[^1]), StringComparison.Ordinal);
        return long.TryParse(unit < 0 ? value : value[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1L << 20
            ? number << (10 * (unit + 1))
            : unit < 0 && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number) ? number
            : throw GantryException.InvalidArgument($"invalid argument \"{value}\" for \"{name}\" flag: expected a number of bytes, with k, m, g or t");
    }

    private static Uri Address(string name, string value) => Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
        ? uri!
        : throw GantryException.InvalidArgument($"invalid argument \"{value}\" for \"{name}\" flag: expected an http or https address");

    private static string Domain(string name, string value) => Uri.CheckHostName(value) == UriHostNameType.Dns && value.Contains('.', StringComparison.Ordinal)
        ? value
        : throw GantryException.InvalidArgument($"invalid argument \"{value}\" for \"{name}\" flag: expected a domain name");

    /// <summary>What comes after the certificate in its file. Called when that could be read.</summary>
    private static X509Certificate2Collection? LoadChain(string certificate)
    {
        if (certificate.Length == 0)
        {
            return null;
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate);
        chain.RemoveAt(0);
        return chain;
    }

    private static X509Certificate2? LoadCertificate(string certificate, string key)
    {
        if (certificate.Length == 0 && key.Length == 0)
        {
            return null;
        }

        if (certificate.Length == 0 || key.Length == 0)
        {
            throw GantryException.InvalidArgument("--tls-cert and --tls-key go together");
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception exception) when (exception is IOException or CryptographicException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"could not load the certificate {certificate} with the key {key}: {exception.Message}", exception);
        }
    }
}
