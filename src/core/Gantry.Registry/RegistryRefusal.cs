using System.Net;
using Gantry.Registry.Errors;

namespace Gantry.Registry;

/// <summary>How a registry failed, for those who have to act on it rather than show it.</summary>
/// <param name="Status">What it answered; 0 when there was no answer.</param>
/// <param name="Code">The distribution specification's error code, or empty.</param>
/// <param name="RetryAfter">How long it asked to be left alone.</param>
public sealed record RegistryRefusal(HttpStatusCode Status, string Code, TimeSpan? RetryAfter)
{
    /// <summary>True when the registry could not say what it has: it is down, overloaded, or counts requests.</summary>
    public bool IsUnavailable => Status is 0 or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    /// <summary>What is known of an exception of this project; null for one that a registry did not cause.</summary>
    public static RegistryRefusal? Of(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is RegistryFailure failure)
            {
                return new RegistryRefusal(failure.Status, failure.Code, failure.RetryAfter);
            }
        }

        return null;
    }
}
