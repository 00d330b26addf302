namespace Gantry.Registry;

/// <summary>How registries are reached; the engine's daemon.json keys end here.</summary>
public sealed record RegistryOptions
{
    /// <summary>Where Docker Hub's API is: image names without a registry mean <c>docker.io</c>, which is not itself a registry. The one place that names it.</summary>
    public const string DefaultHubHost = "registry-1.docker.io";

    /// <summary>Where Docker Hub's search is.</summary>
    public const string DefaultIndexHost = "index.docker.io";

    /// <summary>Host of the API behind <c>docker.io</c>.</summary>
    public string HubHost { get; init; } = DefaultHubHost;

    /// <summary>Host of the index that a search term without a registry is looked up in.</summary>
    public string IndexHost { get; init; } = DefaultIndexHost;

    /// <summary>Docker's <c>insecure-registries</c>: host, host:port or CIDR. These may speak http or https with any certificate. Loopback always may.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>Docker's <c>registry-mirrors</c>: URLs asked first when pulling from <c>docker.io</c>.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>Docker's <c>certs.d</c>: HOST[:PORT]/*.crt are extra authorities, *.cert with *.key client certificates; and containerd's HOST/hosts.toml, which names other places to pull from. A missing directory is fine.</summary>
    public string CertificatesDirectory { get; init; } = "/etc/docker/certs.d";

    public string UserAgent { get; init; } = "gantry/0.1.0";

    /// <summary>For a connection with its TLS handshake.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From a request sent to the start of its answer, and for a small document to arrive whole.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A transfer that moves less than <see cref="StallBytes"/> in this time is taken for dead.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public int StallBytes { get; init; } = 4096;

    /// <summary>Attempts per request, and in a row without progress for a transfer.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Wait before the second attempt; doubles each time, with up to a fifth of jitter, up to <see cref="MaxRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A server that asks to wait longer (Retry-After) is not waited for: its error is told at once.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest manifest taken, in bytes.</summary>
    public int MaxManifestSize { get; init; } = 4 << 20;

    /// <summary>Blobs are uploaded in chunks of this many bytes; 0 sends each in one request, which every registry takes and is fastest.</summary>
    public long UploadChunkSize { get; init; }
}
