using Gantry.Client.Api;
using Gantry.Client.Transports;

namespace Gantry.Client;

/// <summary>How to reach an engine.</summary>
public sealed record EngineClientOptions
{
    public required EngineHost Host { get; init; }

    /// <summary>Null: no TLS.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>A fixed API version (DOCKER_API_VERSION); null to agree on one with the engine.</summary>
    public ApiVersion? Version { get; init; }

    public string UserAgent { get; init; } = "Gantry-Client/0.1.0 (linux)";

    /// <summary>Headers of the config file's HttpHeaders, sent with every request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}
