namespace Gantry.RegistryServer;

/// <summary>Certificates from an authority that speaks ACME (RFC 8555), which asks over http whether the domains are this server's (http-01).</summary>
public sealed record RegistryAcme
{
    /// <summary>The authority that most use.</summary>
    public static readonly Uri DefaultDirectory = new("https://acme-v02.api.letsencrypt.org/directory");

    /// <summary>Names that the certificate is for; at least one.</summary>
    public required IReadOnlyList<string> Domains { get; init; }

    /// <summary>Where the authority tells what it offers.</summary>
    public Uri Directory { get; init; } = DefaultDirectory;

    /// <summary>Where the authority writes to when a certificate is about to expire; null to tell none.</summary>
    public string? Email { get; init; }

    /// <summary>host:port for the authority's questions, which it asks at port 80 of each domain.</summary>
    public string Listen { get; init; } = ":80";
}
