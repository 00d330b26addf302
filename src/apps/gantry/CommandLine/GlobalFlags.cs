using Gantry.Client.Transports;
using Gantry.Errors;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>The flags before the command.</summary>
internal sealed class GlobalFlags
{
    private static readonly string[] s_levels = ["debug", "info", "warn", "error", "fatal", "panic", "trace", "warning"];

    private readonly Flag<string> _config;
    private readonly Flag<string> _logLevel;
    private readonly Flag<bool> _tls;
    private readonly Flag<string> _tlsCa;
    private readonly Flag<string> _tlsCertificate;
    private readonly Flag<string> _tlsKey;
    private readonly Flag<bool> _tlsVerify;

    public GlobalFlags(FlagSet flags)
    {
        var home = DefaultConfigDirectory();
        var certificates = Environment.GetEnvironmentVariable("DOCKER_CERT_PATH") is { Length: > 0 } path ? path : home;
        _config = flags.String("config", "Location of client config files", value: home);
        Context = flags.String("context", "Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with \"docker context use\")", 'c');
        Debug = flags.Bool("debug", "Enable debug mode", 'D');
        Hosts = flags.List("host", "Daemon socket to connect to", 'H');
        _logLevel = flags.String("log-level", "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")", 'l', "info");
        _tls = flags.Bool("tls", "Use TLS; implied by --tlsverify");
        _tlsCa = flags.String("tlscacert", "Trust certs signed only by this CA", value: Path.Combine(certificates, "ca.pem"));
        _tlsCertificate = flags.String("tlscert", "Path to TLS certificate file", value: Path.Combine(certificates, "cert.pem"));
        _tlsKey = flags.String("tlskey", "Path to TLS key file", value: Path.Combine(certificates, "key.pem"));
        _tlsVerify = flags.Bool("tlsverify", "Use TLS and verify the remote");
        Version = flags.Bool("version", "Print version information and quit", 'v');
        Help = flags.Bool("help", "Print usage", 'h', hidden: true);
    }

    public Flag<string> Context { get; }

    public Flag<bool> Debug { get; }

    public ListFlag<string> Hosts { get; }

    public Flag<bool> Version { get; }

    public Flag<bool> Help { get; }

    public string ConfigDirectory => _config.Value;

    /// <exception cref="GantryException">The log level is none.</exception>
    public void Check()
    {
        if (Array.IndexOf(s_levels, _logLevel.Value.ToLowerInvariant()) < 0)
        {
            throw GantryException.InvalidArgument($"Unable to parse logging level: {_logLevel.Value}");
        }
    }

    /// <summary>TLS as the flags and DOCKER_TLS, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say; null for none.</summary>
    public TlsOptions? Tls()
    {
        var verify = _tlsVerify.Changed ? _tlsVerify.Value : IsSet("DOCKER_TLS_VERIFY");
        if (!verify && !_tls.Value && !IsSet("DOCKER_TLS"))
        {
            return null;
        }

        return new TlsOptions(verify, FileOf(_tlsCa), FileOf(_tlsCertificate), FileOf(_tlsKey));
    }

    private static string? FileOf(Flag<string> flag)
    {
        var path = flag.Value.Trim('"', '\'');
        return flag.Changed || File.Exists(path) ? path : null;
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    private static string DefaultConfigDirectory() =>
        Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } folder
            ? folder
            : Path.Combine(Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : "/root", ".docker");
}
