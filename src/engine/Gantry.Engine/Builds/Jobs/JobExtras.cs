using Gantry.Registry;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>What <c>POST /build</c> adds to a request of BuildKit's API.</summary>
public sealed record JobExtras
{
    public static JobExtras None { get; } = new();

    /// <summary>The context as a tar, plain or compressed; stays the caller's.</summary>
    public Stream? ContextTar { get; init; }

    /// <summary>Id to cancel the build by; empty for none.</summary>
    public string BuildId { get; init; } = string.Empty;

    /// <summary>Credentials for a registry's domain that came with the request; null where the session is asked.</summary>
    public Func<string, RegistryCredentials?>? Credentials { get; init; }
}
