using Gantry.Client.Api;
using Gantry.Client.Http;

namespace Gantry.Client;

/// <summary>/plugins: what moves plugins.</summary>
public sealed partial class EngineClient
{
    /// <summary>What a plugin in a registry needs to be granted: a JSON list, or <c>null</c>.</summary>
    /// <param name="auth">X-Registry-Auth, or null.</param>
    public Task<ReadOnlyMemory<byte>> PluginPrivilegesRawAsync(string remote, string? auth, CancellationToken cancellationToken) =>
        GetBytesAsync("GET", "/plugins/privileges", new ApiRequest { Query = new Query().Add("remote", remote), Headers = AuthHeader(auth) }, cancellationToken);

    /// <summary>Installs a plugin; progress comes as JSON messages, its name in the header <c>Docker-Plugin-Name</c>. The caller disposes the response.</summary>
    /// <param name="name">What it is called here; null for its remote name.</param>
    /// <param name="privileges">As <see cref="PluginPrivilegesRawAsync"/> gave them.</param>
    public Task<HttpResponse> PullPluginAsync(string remote, string? name, ReadOnlyMemory<byte> privileges, string? auth, CancellationToken cancellationToken) =>
        MovePluginAsync("/plugins/pull", new Query().Add("remote", remote).Add("name", name), privileges, auth, cancellationToken);

    /// <inheritdoc cref="PullPluginAsync"/>
    public Task<HttpResponse> UpgradePluginAsync(string plugin, string remote, ReadOnlyMemory<byte> privileges, string? auth, CancellationToken cancellationToken) =>
        MovePluginAsync($"/plugins/{Escape(plugin)}/upgrade", new Query().Add("remote", remote), privileges, auth, cancellationToken);

    /// <summary>Pushes a plugin; progress comes as JSON messages. The caller disposes the response.</summary>
    public Task<HttpResponse> PushPluginAsync(string plugin, string? auth, CancellationToken cancellationToken) =>
        SendAsync("POST", $"/plugins/{Escape(plugin)}/push", new ApiRequest { Headers = AuthHeader(auth) }, cancellationToken);

    /// <param name="context">Writes a tar of <c>config.json</c> and <c>rootfs/</c>.</param>
    public Task CreatePluginAsync(string name, Func<Stream, CancellationToken, Task> context, CancellationToken cancellationToken) =>
        CallAsync("POST", "/plugins/create", new ApiRequest { Query = new Query().Add("name", name), BodyWriter = context, ContentType = "application/x-tar" }, cancellationToken);

    private Task<HttpResponse> MovePluginAsync(string path, Query query, ReadOnlyMemory<byte> privileges, string? auth, CancellationToken cancellationToken) =>
        SendAsync("POST", path, new ApiRequest { Query = query, Headers = AuthHeader(auth), Body = privileges, ContentType = JsonBody.ContentType }, cancellationToken);
}
