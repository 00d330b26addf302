using Gantry.Engine.Http.Hosting;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>What <c>docker info</c> says of an API that strangers can use, in dockerd's words.</summary>
internal static class ApiWarning
{
    private const string Explanation = """

                 Access to the remote API is equivalent to root access on the host. Refer
                 to the 'Docker daemon attack surface' section in the documentation for
                 more information: https://docs.docker.com/go/attack-surface/
        In future versions this will be a hard failure preventing the daemon from starting! Learn more at: https://docs.docker.com/go/api-security/
        """;

    /// <param name="addresses">TCP listeners, <c>tcp://host:port</c>.</param>
    internal static IReadOnlyList<string> Of(TlsOptions? tls, IReadOnlyList<string> addresses) => tls switch
    {
        null => [.. addresses.Select(a => $"[DEPRECATION NOTICE]: API is accessible on http://{Host(a)} without encryption.{Explanation}")],
        { VerifyClients: false } => [.. addresses.Select(a => $"[DEPRECATION NOTICE]: API is accessible on https://{Host(a)} without TLS client verification.{Explanation}")],
        _ => [],
    };

    private static string Host(string address) => address["tcp://".Length..];
}
