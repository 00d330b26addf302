namespace Gantry.RegistryServer.Http;

/// <summary>An error code of the distribution specification ("Error Codes") with its HTTP status and Docker's words.</summary>
internal sealed record RegistryErrorCode(string Code, int Status, string Message)
{
    internal static readonly RegistryErrorCode BlobUnknown = new("BLOB_UNKNOWN", 404, "blob unknown to registry");
    internal static readonly RegistryErrorCode BlobUploadInvalid = new("BLOB_UPLOAD_INVALID", 400, "blob upload invalid");
    internal static readonly RegistryErrorCode BlobUploadBusy = new("BLOB_UPLOAD_INVALID", 409, "blob upload is being written by another request");
    internal static readonly RegistryErrorCode BlobUploadUnknown = new("BLOB_UPLOAD_UNKNOWN", 404, "blob upload unknown to registry");
    internal static readonly RegistryErrorCode DigestInvalid = new("DIGEST_INVALID", 400, "provided digest did not match uploaded content");
    internal static readonly RegistryErrorCode ManifestBlobUnknown = new("MANIFEST_BLOB_UNKNOWN", 404, "blob unknown to registry");
    internal static readonly RegistryErrorCode ManifestInvalid = new("MANIFEST_INVALID", 400, "manifest invalid");
    internal static readonly RegistryErrorCode ManifestTooLarge = new("MANIFEST_INVALID", 413, "manifest is larger than the registry accepts");
    internal static readonly RegistryErrorCode ManifestUnknown = new("MANIFEST_UNKNOWN", 404, "manifest unknown");
    internal static readonly RegistryErrorCode NameInvalid = new("NAME_INVALID", 400, "invalid repository name");
    internal static readonly RegistryErrorCode NameUnknown = new("NAME_UNKNOWN", 404, "repository name not known to registry");
    internal static readonly RegistryErrorCode PageInvalid = new("PAGINATION_NUMBER_INVALID", 400, "invalid number of results requested");
    internal static readonly RegistryErrorCode RangeInvalid = new("RANGE_INVALID", 416, "invalid content range");
    internal static readonly RegistryErrorCode SizeInvalid = new("SIZE_INVALID", 400, "provided length did not match content length");
    internal static readonly RegistryErrorCode TagInvalid = new("TAG_INVALID", 400, "manifest tag did not match URI");
    internal static readonly RegistryErrorCode Unauthorized = new("UNAUTHORIZED", 401, "authentication required");
    internal static readonly RegistryErrorCode Denied = new("DENIED", 403, "requested access to the resource is denied");
    internal static readonly RegistryErrorCode Unsupported = new("UNSUPPORTED", 405, "The operation is unsupported.");
    internal static readonly RegistryErrorCode TooManyRequests = new("TOOMANYREQUESTS", 429, "too many requests");
    internal static readonly RegistryErrorCode UpstreamFailed = new("UNKNOWN", 502, "the upstream registry failed");
    internal static readonly RegistryErrorCode StorageFull = new("UNKNOWN", 507, "no space left on the registry's storage");
    internal static readonly RegistryErrorCode Unknown = new("UNKNOWN", 500, "unknown error");
    internal static readonly RegistryErrorCode NotFound = new("NOT_FOUND", 404, "page not found");
}

/// <summary>Ends a request with a registry error; never leaves this project.</summary>
internal sealed class RegistryErrorException(RegistryErrorCode code, string? detail = null) : Exception(code.Message)
{
    internal RegistryErrorCode Code { get; } = code;

    /// <summary>Free text for the error's <c>detail</c> field.</summary>
    internal string? Detail { get; } = detail;
}
