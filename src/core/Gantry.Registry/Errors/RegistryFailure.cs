using System.Net;

namespace Gantry.Registry.Errors;

/// <summary>
/// A failed exchange with a registry, inside this project: what is needed to decide about a retry and to word the error. Becomes a
/// <see cref="Gantry.Errors.GantryException"/> where it leaves.
/// </summary>
internal sealed class RegistryFailure : Exception
{
    internal RegistryFailure(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>0 when there was no answer.</summary>
    internal HttpStatusCode Status { get; init; }

    /// <summary>The specification's error code (DENIED, MANIFEST_UNKNOWN, ...), or empty.</summary>
    internal string Code { get; init; } = string.Empty;

    /// <summary>The same request may work a moment later.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>No connection could be made at all.</summary>
    internal bool IsDial { get; init; }

    /// <summary>The peer does not speak TLS, or its certificate is not accepted.</summary>
    internal bool IsTls { get; init; }

    /// <summary>The request during which logging in failed, as <c>Verb "URL"</c>; Docker shows it when pulling.</summary>
    internal string? Where { get; private init; }

    internal string FullMessage => Where is null ? Message : $"{Where}: {Message}";

    /// <summary>What the server asked to wait.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>The same failure, told as part of a request.</summary>
    internal RegistryFailure At(string where) => new(Message, InnerException)
    {
        Status = Status,
        Code = Code,
        IsTransient = IsTransient,
        IsDial = IsDial,
        IsTls = IsTls,
        RetryAfter = RetryAfter,
        Where = where,
    };
}
