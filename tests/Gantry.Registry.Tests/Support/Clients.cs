namespace Gantry.Registry.Tests.Support;

/// <summary>Client options with short waits.</summary>
internal static class Clients
{
    internal static RegistryOptions Quick { get; } = new()
    {
        RetryDelay = TimeSpan.FromMilliseconds(5),
        MaxRetryDelay = TimeSpan.FromSeconds(2),
        ResponseTimeout = TimeSpan.FromSeconds(10),
        StallTimeout = TimeSpan.FromSeconds(10),
        CertificatesDirectory = "/nonexistent",
    };
}
