using System.Text.Json;
using Gantry.Api;
using Gantry.Client.Api;
using Gantry.Client.Http;
using Gantry.Errors;

namespace Gantry.Client;

/// <summary>The engine itself, and what the other files share.</summary>
public sealed partial class EngineClient
{
    public Task<SystemVersion> SystemVersionAsync(CancellationToken cancellationToken) =>
        GetAsync("/version", null, SystemVersion.ReadFrom, cancellationToken);

    public Task<ReadOnlyMemory<byte>> SystemInfoRawAsync(CancellationToken cancellationToken) =>
        GetBytesAsync("GET", "/info", ApiRequest.Empty, cancellationToken);

    public async Task<SystemInfo> SystemInfoAsync(CancellationToken cancellationToken) =>
        Parse(await SystemInfoRawAsync(cancellationToken).ConfigureAwait(false), SystemInfo.ReadFrom);

    public Task<SystemDataUsageResponse> DiskUsageAsync(CancellationToken cancellationToken) =>
        GetAsync("/system/df", null, SystemDataUsageResponse.ReadFrom, cancellationToken);

    /// <summary>Reads the engine's image store and returns the report (JSON: Images, Layers, Blobs, Bytes, Problems). Not one of Docker's calls.</summary>
    public Task<ReadOnlyMemory<byte>> CheckStoreAsync(bool repair, CancellationToken cancellationToken) =>
        GetBytesAsync("POST", "/gantry/check", new ApiRequest { Query = new Query().Add("repair", repair ? "1" : null) }, cancellationToken);

    /// <summary>A registry's manifest (JSON: MediaType, Digest, Content, Config). Not one of Docker's calls.</summary>
    /// <param name="auth">As for a pull.</param>
    public Task<ReadOnlyMemory<byte>> RemoteManifestAsync(string reference, bool insecure, string auth, CancellationToken cancellationToken) =>
        GetBytesAsync("GET", ManifestPath(reference), new ApiRequest { Query = new Query().Add("insecure", insecure), Headers = AuthHeader(auth) }, cancellationToken);

    /// <summary>Stores a manifest in a registry (JSON: MediaType, Content, Mounts); the answer has its Digest. Not one of Docker's calls.</summary>
    public Task<ReadOnlyMemory<byte>> PushManifestAsync(string reference, bool insecure, string auth, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        GetBytesAsync(
            "POST",
            ManifestPath(reference),
            new ApiRequest { Query = new Query().Add("insecure", insecure), Headers = AuthHeader(auth), Body = json, ContentType = JsonBody.ContentType },
            cancellationToken);

    private static string ManifestPath(string reference) => "/gantry/manifests/" + string.Join('/', reference.Split('/').Select(Uri.EscapeDataString));

    /// <summary>Checks credentials with a registry.</summary>
    public Task<SystemAuthResponse> LoginAsync(AuthConfig credentials, CancellationToken cancellationToken) =>
        PostForAsync("/auth", JsonBody.Of(credentials.WriteTo), SystemAuthResponse.ReadFrom, cancellationToken);

    /// <summary>Events as JSON values, until <paramref name="until"/> or for ever; the caller disposes the response.</summary>
    public Task<HttpResponse> EventsAsync(string? since, string? until, Filters? filters, CancellationToken cancellationToken) =>
        SendAsync(
            "GET",
            "/events",
            new ApiRequest { Query = new Query().Add("since", since).Add("until", until).Add("filters", filters?.ToJson()) },
            cancellationToken);

    /// <summary>Measurements as JSON values; the caller disposes the response.</summary>
    public Task<HttpResponse> StatsAsync(string container, bool stream, CancellationToken cancellationToken) =>
        SendAsync(
            "GET",
            ContainerPath(container, "/stats"),
            new ApiRequest { Query = new Query().Add("stream", stream ? "1" : "0") },
            cancellationToken);

    /// <summary>Any GET whose answer the caller only shows: the inspection of nodes, services, plugins and what comes after them.</summary>
    /// <param name="path">From the slash after the version, already escaped.</param>
    public Task<ReadOnlyMemory<byte>> GetRawAsync(string path, CancellationToken cancellationToken) => GetBytesAsync("GET", path, ApiRequest.Empty, cancellationToken);

    /// <summary>Any call whose answer does not matter.</summary>
    /// <param name="path">From the slash after the version, already escaped, with its query.</param>
    /// <param name="json">The body, or null for none.</param>
    public Task CallRawAsync(string method, string path, CancellationToken cancellationToken, string? json = null) => CallAsync(
        method, path, json is null ? ApiRequest.Empty : new ApiRequest { Body = System.Text.Encoding.UTF8.GetBytes(json), ContentType = JsonBody.ContentType }, cancellationToken);

    private async Task<T> GetAsync<T>(string path, Query? query, ReadValue<T?> read, CancellationToken cancellationToken)
        where T : class =>
        Parse(await GetBytesAsync("GET", path, new ApiRequest { Query = query }, cancellationToken).ConfigureAwait(false), read);

    private async Task<T> PostForAsync<T>(string path, ApiRequest request, ReadValue<T?> read, CancellationToken cancellationToken)
        where T : class =>
        Parse(await GetBytesAsync("POST", path, request, cancellationToken).ConfigureAwait(false), read);

    private Task<List<T>> GetListAsync<T>(string path, Query? query, ReadValue<T?> read, CancellationToken cancellationToken)
        where T : class =>
        CallForListAsync("GET", path, new ApiRequest { Query = query }, read, cancellationToken);

    private async Task<List<T>> CallForListAsync<T>(string method, string path, ApiRequest request, ReadValue<T?> read, CancellationToken cancellationToken)
        where T : class
    {
        var bytes = await GetBytesAsync(method, path, request, cancellationToken).ConfigureAwait(false);
        try
        {
            return DirectJson.ParseList(bytes.Span, read);
        }
        catch (JsonException e)
        {
            throw BadJson(e);
        }
    }

    internal static T Parse<T>(ReadOnlyMemory<byte> bytes, ReadValue<T?> read)
        where T : class
    {
        try
        {
            return DirectJson.Parse(bytes.Span, read) ?? throw DirectJson.Null();
        }
        catch (JsonException e)
        {
            throw BadJson(e);
        }
    }

    private static GantryException BadJson(JsonException e) => GantryException.DataCorrupt($"Error reading JSON from the daemon: {e.Message}", e);
}
