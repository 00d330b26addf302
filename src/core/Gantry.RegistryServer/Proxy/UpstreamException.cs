using System.Net;
using Gantry.Registry;
using Gantry.RegistryServer.Http;

namespace Gantry.RegistryServer.Proxy;

/// <summary>An upstream did not give what was asked for.</summary>
internal sealed class UpstreamException(RegistryRefusal refusal, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The upstream could not say what it has: what is kept of it is the best there is.</summary>
    internal bool IsUnavailable => refusal.IsUnavailable;

    /// <summary>The blob has no such part there.</summary>
    internal bool IsRangeRefused => refusal.Status == HttpStatusCode.RequestedRangeNotSatisfiable;

    internal TimeSpan? RetryAfter => refusal.RetryAfter;

    /// <summary>What our client is told.</summary>
    internal RegistryErrorCode Code(RegistryErrorCode missing) => refusal.Status switch
    {
        HttpStatusCode.NotFound => missing,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => RegistryErrorCode.Denied,
        HttpStatusCode.TooManyRequests => RegistryErrorCode.TooManyRequests,
        _ => RegistryErrorCode.UpstreamFailed,
    };
}
