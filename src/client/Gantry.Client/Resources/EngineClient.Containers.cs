using Gantry.Api;
using Gantry.Client.Api;
using Gantry.Errors;

namespace Gantry.Client;

/// <summary>/containers: the life of a container.</summary>
public sealed partial class EngineClient
{
    /// <param name="limit">The newest n; null for no limit.</param>
    public Task<List<ContainerSummary>> ListContainersAsync(bool all, long? limit, bool size, Filters? filters, CancellationToken cancellationToken) =>
        GetListAsync<ContainerSummary>(
            "/containers/json",
            new Query().Add("all", all).Add("limit", limit).Add("size", size).Add("filters", filters?.ToJson()),
            ContainerSummary.ReadFrom,
            cancellationToken);

    /// <param name="platform">"os/arch/variant", or null for the engine's own.</param>
    public Task<ContainerCreateResponse> CreateContainerAsync(ContainerCreateRequest request, string? name, string? platform, CancellationToken cancellationToken) =>
        PostForAsync(
            "/containers/create",
            JsonBody.Of(request.WriteTo, new Query().Add("name", name).Add("platform", platform)),
            ContainerCreateResponse.ReadFrom,
            cancellationToken);

    /// <param name="checkpoint">Restore this; null or empty starts the container's program.</param>
    /// <param name="checkpointFolder">Where it is; null or empty is among the container's files.</param>
    public Task StartContainerAsync(
        string container, string? detachKeys, CancellationToken cancellationToken, string? checkpoint = null, string? checkpointFolder = null) =>
        CallAsync(
            "POST",
            ContainerPath(container, "/start"),
            new ApiRequest { Query = new Query().Add("detachKeys", detachKeys).Add("checkpoint", checkpoint).Add("checkpoint-dir", checkpointFolder) },
            cancellationToken);

    /// <param name="timeout">Seconds before SIGKILL; -1 for never; null for the container's own.</param>
    public Task StopContainerAsync(string container, string? signal, int? timeout, CancellationToken cancellationToken) =>
        CallAsync("POST", ContainerPath(container, "/stop"), StopQuery(signal, timeout), cancellationToken);

    /// <inheritdoc cref="StopContainerAsync"/>
    public Task RestartContainerAsync(string container, string? signal, int? timeout, CancellationToken cancellationToken) =>
        CallAsync("POST", ContainerPath(container, "/restart"), StopQuery(signal, timeout), cancellationToken);

    public Task KillContainerAsync(string container, string signal, CancellationToken cancellationToken) =>
        CallAsync("POST", ContainerPath(container, "/kill"), new ApiRequest { Query = new Query().Add("signal", signal) }, cancellationToken);

    public Task PauseContainerAsync(string container, CancellationToken cancellationToken) =>
        CallAsync("POST", ContainerPath(container, "/pause"), ApiRequest.Empty, cancellationToken);

    public Task UnpauseContainerAsync(string container, CancellationToken cancellationToken) =>
        CallAsync("POST", ContainerPath(container, "/unpause"), ApiRequest.Empty, cancellationToken);

    public Task RenameContainerAsync(string container, string name, CancellationToken cancellationToken) =>
        CallAsync("POST", ContainerPath(container, "/rename"), new ApiRequest { Query = new Query().Add("name", name) }, cancellationToken);

    public Task RemoveContainerAsync(string container, bool force, bool volumes, bool link, CancellationToken cancellationToken) =>
        CallAsync(
            "DELETE",
            ContainerPath(container, ""),
            new ApiRequest { Query = new Query().Add("v", volumes).Add("link", link).Add("force", force) },
            cancellationToken);

    /// <summary>
    /// Begins to wait. The returned task completes once the engine has registered the wait, so nothing that happens after it is missed.
    /// </summary>
    /// <param name="condition">"not-running", "next-exit", "removed"; null for the engine's default.</param>
    /// <returns>The wait, the caller's to dispose.</returns>
    public async Task<ContainerWait> BeginWaitContainerAsync(string container, string? condition, CancellationToken cancellationToken)
    {
        var request = new ApiRequest { Query = new Query().Add("condition", condition) };
        var response = await SendAsync("POST", ContainerPath(container, "/wait"), request, cancellationToken).ConfigureAwait(false);
        return new ContainerWait(response);
    }

    /// <summary>The engine's own JSON.</summary>
    public Task<ReadOnlyMemory<byte>> InspectContainerRawAsync(string container, bool size, CancellationToken cancellationToken) =>
        GetBytesAsync("GET", ContainerPath(container, "/json"), new ApiRequest { Query = new Query().Add("size", size) }, cancellationToken);

    public async Task<ContainerInspectResponse> InspectContainerAsync(string container, CancellationToken cancellationToken) =>
        Parse(await InspectContainerRawAsync(container, size: false, cancellationToken).ConfigureAwait(false), ContainerInspectResponse.ReadFrom);

    public Task<ContainerTopResponse> TopContainerAsync(string container, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        GetAsync(ContainerPath(container, "/top"), new Query().Add("ps_args", string.Join(' ', arguments)), ContainerTopResponse.ReadFrom, cancellationToken);

    public Task<List<FilesystemChange>> ContainerChangesAsync(string container, CancellationToken cancellationToken) =>
        GetListAsync<FilesystemChange>(ContainerPath(container, "/changes"), null, FilesystemChange.ReadFrom, cancellationToken);

    public Task<ContainerUpdateResponse> UpdateContainerAsync(string container, ContainerUpdateRequest request, CancellationToken cancellationToken) =>
        PostForAsync(ContainerPath(container, "/update"), JsonBody.Of(request.WriteTo), ContainerUpdateResponse.ReadFrom, cancellationToken);

    public Task ResizeContainerAsync(string container, int rows, int columns, CancellationToken cancellationToken) =>
        CallAsync("POST", ContainerPath(container, "/resize"), ResizeQuery(rows, columns), cancellationToken);

    public Task<ContainerPruneResponse> PruneContainersAsync(Filters? filters, CancellationToken cancellationToken) =>
        PostForAsync("/containers/prune", new ApiRequest { Query = FilterQuery(filters) }, ContainerPruneResponse.ReadFrom, cancellationToken);

    /// <summary>Makes an image of a container.</summary>
    public Task<IDResponse> CommitContainerAsync(
        string container, string? repository, string? tag, string? comment, string? author, IReadOnlyList<string> changes, bool pause, CancellationToken cancellationToken)
    {
        var query = new Query().Add("container", container).Add("repo", repository).Add("tag", tag).Add("comment", comment).Add("author", author)
            .AddAll("changes", changes);
        if (!pause)
        {
            query.Add("pause", "0");
        }

        return PostForAsync("/commit", new ApiRequest { Query = query }, IDResponse.ReadFrom, cancellationToken);
    }

    internal static string ContainerPath(string container, string rest)
    {
        // What stands between slashes: docker's engine redirects from doubled ones.
        var name = Named("container", container).Trim('/');
        return $"/containers/{Escape(name.Length > 0 ? name : container)}{rest}";
    }

    /// <exception cref="GantryException">InvalidArgument: nothing is named.</exception>
    private static string Named(string kind, string name) =>
        name.Trim() is { Length: > 0 } given ? given : throw GantryException.InvalidArgument($"invalid {kind} name or ID: value is empty");

    private static ApiRequest StopQuery(string? signal, int? timeout) => new() { Query = new Query().Add("signal", signal).Add("t", timeout) };

    private static ApiRequest ResizeQuery(int rows, int columns) => new() { Query = new Query().Add("h", rows).Add("w", columns) };

    private static Query? FilterQuery(Filters? filters) => new Query().Add("filters", filters?.ToJson());
}
