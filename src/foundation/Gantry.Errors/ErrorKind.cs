namespace Gantry.Errors;

/// <summary>
/// The closed set of failures Gantry distinguishes. Each edge (Engine API, registry API, CLI exit codes) maps it in exactly one table.
/// </summary>
public enum ErrorKind
{
    /// <summary>A bug or an unexpected failure of the host. HTTP 500.</summary>
    Internal = 0,

    /// <summary>The caller's input is malformed or out of range; nothing was changed. HTTP 400.</summary>
    InvalidArgument,

    /// <summary>Credentials are missing or wrong. HTTP 401.</summary>
    Unauthorized,

    /// <summary>The caller is known but may not do this. HTTP 403.</summary>
    Forbidden,

    /// <summary>The named object does not exist. HTTP 404.</summary>
    NotFound,

    /// <summary>The object exists but its state forbids the operation (name in use, container running, ...). HTTP 409.</summary>
    Conflict,

    /// <summary>The object already is in the requested state. HTTP 304, without a body.</summary>
    NotModified,

    /// <summary>The operation is valid but not available in this build or on this host. HTTP 501.</summary>
    NotImplemented,

    /// <summary>A dependency (registry, runtime, monitor) can't be reached or refuses for now; a retry may succeed. HTTP 503.</summary>
    Unavailable,

    /// <summary>Content did not match its digest, size or format. HTTP 500 (as Docker answers), never retried blindly.</summary>
    DataCorrupt,

    /// <summary>A quota, the disk, memory or another resource is used up. HTTP 500 (as Docker answers).</summary>
    ResourceExhausted,

    /// <summary>The operation took longer than its limit. HTTP 504.</summary>
    DeadlineExceeded,
}
