using System.Security.Cryptography.X509Certificates;
using Gantry.Registry;
using Gantry.RegistryServer.Auth;

namespace Gantry.RegistryServer;

/// <summary>How a registry server runs.</summary>
public sealed record RegistryServerOptions
{
    /// <summary>Directory that holds everything; created when missing. One server at a time owns it (a lock file tells).</summary>
    public required string Root { get; init; }

    /// <summary>host:port to listen on; port 0 takes a free one (see <see cref="RegistryServer.Address"/>).</summary>
    public string Listen { get; init; } = "127.0.0.1:5000";

    /// <summary>Refuses every request that would change something.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Who may log in; null lets everyone do everything.</summary>
    public RegistryUsers? Users { get; init; }

    /// <summary>With <see cref="Users"/>: hand out bearer tokens from the server's own <c>/token</c> service instead of taking basic authentication on every request.</summary>
    public bool TokenService { get; init; }

    /// <summary>With <see cref="Users"/>: anyone may pull, only users may push. Needs the token service, as clients that have no password give up on a basic challenge.</summary>
    public bool AnonymousPull { get; init; }

    /// <summary>How long a token from the token service is good for.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Serve https with this certificate and its private key; the server does not dispose it.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What is sent to clients beside <see cref="Certificate"/>, so that they can follow it to an authority that they know.</summary>
    public X509Certificate2Collection? CertificateChain { get; init; }

    /// <summary>Serve https with a certificate that an authority gives and renews; not together with <see cref="Certificate"/>.</summary>
    public RegistryAcme? Acme { get; init; }

    /// <summary>Unfinished uploads untouched for this long are removed.</summary>
    public TimeSpan UploadExpiry { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Largest manifest accepted, in bytes; 4 MiB is what the specification says registries should take at least.</summary>
    public int MaxManifestSize { get; init; } = 4 << 20;

    /// <summary>Takes manifests whose layers, configs or platforms are not there (an index of which only some platforms were copied).</summary>
    public bool SparseManifests { get; init; }

    /// <summary>With <see cref="Users"/>: who may do what in which repository (see <see cref="RegistryRules"/>); null lets every user do everything. Tokens carry it, so the token service is on then.</summary>
    public RegistryRules? Access { get; init; }

    /// <summary>Most bytes of blobs and unfinished uploads that one repository may have; 0 for no limit.</summary>
    public long RepositoryQuota { get; init; }

    /// <summary>Most bytes that the whole registry may have, contents that repositories share counted once; 0 for no limit.</summary>
    public long Quota { get; init; }

    /// <summary>Registries whose images are fetched and kept when somebody asks for them.</summary>
    public IReadOnlyList<RegistryUpstream> Upstreams { get; init; } = [];

    /// <summary>Passwords for <see cref="Upstreams"/>; null asks all of them without.</summary>
    public UpstreamPasswords? UpstreamPasswords { get; init; }

    /// <summary>How upstreams are reached. Clients wait meanwhile, so it gives up sooner than a pull does.</summary>
    public RegistryOptions UpstreamClient { get; init; } = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        ResponseTimeout = TimeSpan.FromSeconds(15),
        MaxRetryDelay = TimeSpan.FromSeconds(2),
        MaxAttempts = 3,
    };

    /// <summary>Answer <c>GET /metrics</c> with OpenMetrics text, to everybody who can reach the server.</summary>
    public bool Metrics { get; init; }

    /// <summary>Told of pushes, pulls and deletes of manifests, as Docker's registry tells (notifications); null for nobody.</summary>
    public Uri? Webhook { get; init; }

    /// <summary>Wait before a webhook is tried for the second time; doubles each time.</summary>
    public TimeSpan WebhookRetry { get; init; } = TimeSpan.FromSeconds(1);

    internal AccessRules? Rules => Access?.Rules;

    /// <summary>Called with one line for each failure that is the server's own fault; null drops them.</summary>
    public Action<string>? Log { get; init; }
}
