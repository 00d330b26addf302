using Gantry.Api;
using Gantry.Client.Api;
using Gantry.Client.Http;

namespace Gantry.Client;

/// <summary>/images and /build.</summary>
public sealed partial class EngineClient
{
    private const string RegistryAuth = "X-Registry-Auth";

    public Task<List<ImageSummary>> ListImagesAsync(
        bool all, bool digests, bool sharedSize, Filters? filters, CancellationToken cancellationToken, bool manifests = false) =>
        GetListAsync<ImageSummary>(
            "/images/json",
            new Query().Add("all", all).Add("digests", digests).Add("shared-size", sharedSize).Add("filters", filters?.ToJson()).Add("manifests", manifests),
            ImageSummary.ReadFrom,
            cancellationToken);

    /// <param name="platform">A platform as JSON, or null.</param>
    public Task<ReadOnlyMemory<byte>> InspectImageRawAsync(string image, string? platform, CancellationToken cancellationToken) =>
        GetBytesAsync("GET", ImagePath(image, "/json"), new ApiRequest { Query = new Query().Add("platform", platform) }, cancellationToken);

    public Task<List<ImageHistoryItem>> ImageHistoryAsync(string image, string? platform, CancellationToken cancellationToken) =>
        GetListAsync<ImageHistoryItem>(ImagePath(image, "/history"), new Query().Add("platform", platform), ImageHistoryItem.ReadFrom, cancellationToken);

    public Task TagImageAsync(string image, string repository, string tag, CancellationToken cancellationToken) =>
        CallAsync("POST", ImagePath(image, "/tag"), new ApiRequest { Query = new Query().Add("repo", repository).Add("tag", tag) }, cancellationToken);

    public Task<List<ImageDeleteResponseItem>> RemoveImageAsync(
        string image, bool force, bool noPrune, IReadOnlyList<string> platforms, CancellationToken cancellationToken) =>
        CallForListAsync<ImageDeleteResponseItem>(
            "DELETE",
            ImagePath(image, ""),
            new ApiRequest { Query = new Query().Add("force", force).Add("noprune", noPrune).AddAll("platforms", platforms) },
            ImageDeleteResponseItem.ReadFrom,
            cancellationToken);

    /// <summary>Pulls; progress comes as JSON messages. The caller disposes the response.</summary>
    /// <param name="tag">A tag or a digest; null for every tag.</param>
    /// <param name="auth">X-Registry-Auth, or null.</param>
    public Task<HttpResponse> PullImageAsync(string repository, string? tag, string? platform, string? auth, CancellationToken cancellationToken) =>
        SendAsync(
            "POST",
            "/images/create",
            new ApiRequest
            {
                Query = new Query().Add("fromImage", repository).Add("tag", tag).Add("platform", platform?.ToLowerInvariant()),
                Headers = AuthHeader(auth),
            },
            cancellationToken);

    /// <inheritdoc cref="PullImageAsync"/>
    /// <param name="compression">The form of the layers in the registry, which only Gantry's engine knows about; null to leave it to the engine.</param>
    public Task<HttpResponse> PushImageAsync(
        string repository, string? tag, string? platform, (string Kind, string Level)? compression, string? auth, CancellationToken cancellationToken) => SendAsync(
            "POST",
            ImagePath(repository, "/push"),
            new ApiRequest
            {
                Query = new Query().Add("tag", tag).Add("platform", platform).Add("compression", compression?.Kind).Add("compressionLevel", compression?.Level),
                Headers = AuthHeader(auth),
            },
            cancellationToken);

    /// <summary>Makes an image of a tar.</summary>
    /// <param name="source">"-" with <paramref name="body"/>, or a URL.</param>
    public Task<HttpResponse> ImportImageAsync(
        string source, Stream? body, string? repository, string? tag, string? message, IReadOnlyList<string> changes, string? platform, CancellationToken cancellationToken) =>
        SendAsync(
            "POST",
            "/images/create",
            new ApiRequest
            {
                Query = new Query().Add("fromSrc", source).Add("repo", repository).Add("tag", tag).Add("message", message)
                    .AddAll("changes", changes).Add("platform", platform?.ToLowerInvariant()),
                BodyWriter = body is null ? null : CopyFrom(body),
                ContentType = body is null ? null : "application/x-tar",
            },
            cancellationToken);

    public Task<HttpResponse> LoadImagesAsync(Stream archive, bool quiet, string? platform, CancellationToken cancellationToken) =>
        SendAsync(
            "POST",
            "/images/load",
            new ApiRequest { Query = new Query().Add("quiet", quiet ? "1" : "0").Add("platform", platform), BodyWriter = CopyFrom(archive), ContentType = "application/x-tar" },
            cancellationToken);

    public Task<HttpResponse> SaveImagesAsync(IReadOnlyList<string> images, string? platform, CancellationToken cancellationToken) =>
        SendAsync("GET", "/images/get", new ApiRequest { Query = new Query().AddAll("names", images).Add("platform", platform) }, cancellationToken);

    public Task<ImagePruneResponse> PruneImagesAsync(Filters? filters, CancellationToken cancellationToken) =>
        PostForAsync("/images/prune", new ApiRequest { Query = FilterQuery(filters) }, ImagePruneResponse.ReadFrom, cancellationToken);

    public Task<List<ImageSearchResult>> SearchImagesAsync(string term, long? limit, Filters? filters, string? auth, CancellationToken cancellationToken) =>
        CallForListAsync<ImageSearchResult>(
            "GET",
            "/images/search",
            new ApiRequest { Query = new Query().Add("term", term).Add("limit", limit).Add("filters", filters?.ToJson()), Headers = AuthHeader(auth) },
            ImageSearchResult.ReadFrom,
            cancellationToken);

    /// <summary>Builds with the classic API; the caller disposes the response, a stream of JSON messages.</summary>
    /// <param name="context">Writes the context as tar; null where <c>remote</c> is among the options.</param>
    /// <param name="registryConfig">X-Registry-Config, or null.</param>
    public Task<HttpResponse> BuildImageAsync(Query options, Func<Stream, CancellationToken, Task>? context, string? registryConfig, CancellationToken cancellationToken) =>
        SendAsync(
            "POST",
            "/build",
            new ApiRequest
            {
                Query = options,
                BodyWriter = context,
                ContentType = "application/x-tar",
                Headers = registryConfig is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["X-Registry-Config"] = registryConfig },
            },
            cancellationToken);

    public Task<BuildPruneResponse> PruneBuildCacheAsync(bool all, long? keepStorage, Filters? filters, CancellationToken cancellationToken) =>
        PostForAsync(
            "/build/prune",
            new ApiRequest { Query = new Query().Add("all", all).Add("keep-storage", keepStorage).Add("filters", filters?.ToJson()) },
            BuildPruneResponse.ReadFrom,
            cancellationToken);

    /// <summary>Names keep their slashes, colons and at signs: engines route on them.</summary>
    internal static string ImagePath(string image, string rest)
    {
        var escaped = Escape(image).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal).Replace("%40", "@", StringComparison.Ordinal);
        return $"/images/{escaped}{rest}";
    }

    private static Func<Stream, CancellationToken, Task> CopyFrom(Stream source) => (target, cancellationToken) => source.CopyToAsync(target, 128 << 10, cancellationToken);

    private static Dictionary<string, string> AuthHeader(string? auth) => auth is null ? [] : new Dictionary<string, string> { [RegistryAuth] = auth };
}
