using Gantry.Api;
using Gantry.Client.Api;
using Gantry.Client.Http;

namespace Gantry.Client;

/// <summary>Attach, exec and logs.</summary>
public sealed partial class EngineClient
{
    private const string Multiplexed = "application/vnd.docker.multiplexed-stream";

    /// <summary>Takes over a connection to a container's stdio.</summary>
    public async Task<AttachedStream> AttachContainerAsync(string container, AttachOptions options, CancellationToken cancellationToken)
    {
        var query = new Query().Add("stream", options.Stream).Add("stdin", options.Stdin).Add("stdout", options.Stdout).Add("stderr", options.Stderr)
            .Add("logs", options.Logs).Add("detachKeys", options.DetachKeys);
        var request = new ApiRequest { Query = query, Upgrade = true, ContentType = "text/plain" };
        return Attached(await SendAsync("POST", ContainerPath(container, "/attach"), request, cancellationToken).ConfigureAwait(false));
    }

    public Task<IDResponse> CreateExecAsync(string container, ExecCreateRequest request, CancellationToken cancellationToken) =>
        PostForAsync(ContainerPath(container, "/exec"), JsonBody.Of(request.WriteTo), IDResponse.ReadFrom, cancellationToken);

    /// <summary>Starts an exec in the background.</summary>
    public Task StartExecAsync(string exec, ExecStartRequest request, CancellationToken cancellationToken) =>
        CallAsync("POST", $"/exec/{Escape(exec)}/start", JsonBody.Of(request.WriteTo), cancellationToken);

    /// <summary>Starts an exec and takes over the connection to its stdio.</summary>
    public async Task<AttachedStream> AttachExecAsync(string exec, ExecStartRequest start, CancellationToken cancellationToken)
    {
        var request = JsonBody.Of(start.WriteTo) with { Upgrade = true };
        return Attached(await SendAsync("POST", $"/exec/{Escape(exec)}/start", request, cancellationToken).ConfigureAwait(false));
    }

    public Task<ExecInspectResponse> InspectExecAsync(string exec, CancellationToken cancellationToken) =>
        GetAsync($"/exec/{Escape(exec)}/json", null, ExecInspectResponse.ReadFrom, cancellationToken);

    public Task ResizeExecAsync(string exec, int rows, int columns, CancellationToken cancellationToken) =>
        CallAsync("POST", $"/exec/{Escape(exec)}/resize", ResizeQuery(rows, columns), cancellationToken);

    /// <summary>A container's log, framed unless it has a terminal; the caller disposes it.</summary>
    public Task<HttpResponse> LogsAsync(string container, LogOptions options, CancellationToken cancellationToken)
    {
        var query = new Query().Add("stdout", options.Stdout).Add("stderr", options.Stderr).Add("follow", options.Follow).Add("timestamps", options.Timestamps)
            .Add("details", options.Details).Add("since", options.Since).Add("until", options.Until).Add("tail", options.Tail);
        return SendAsync("GET", ContainerPath(container, "/logs"), new ApiRequest { Query = query }, cancellationToken);
    }

    private static AttachedStream Attached(HttpResponse response)
    {
        if (response.Connection is not { } connection)
        {
            response.Dispose();
            throw Errors.GantryException.Internal($"unable to upgrade to tcp, received {response.Status}");
        }

        return new AttachedStream(connection, response.Head["Content-Type"] is { } type ? type == Multiplexed : null);
    }
}

/// <summary>Which of a container's streams to attach to.</summary>
public sealed record AttachOptions
{
    public bool Stream { get; init; } = true;

    public bool Stdin { get; init; }

    public bool Stdout { get; init; }

    public bool Stderr { get; init; }

    public bool Logs { get; init; }

    public string? DetachKeys { get; init; }
}

/// <summary>What of a log to send. Times are Unix seconds with an optional fraction, as the API has them.</summary>
public sealed record LogOptions
{
    public bool Stdout { get; init; } = true;

    public bool Stderr { get; init; } = true;

    public bool Follow { get; init; }

    public bool Timestamps { get; init; }

    public bool Details { get; init; }

    public string? Since { get; init; }

    public string? Until { get; init; }

    public string? Tail { get; init; }
}

/// <summary>A connection to a process's stdio.</summary>
/// <param name="IsMultiplexed">Whether output comes in frames; null where an old engine does not say.</param>
public sealed record AttachedStream(HijackedStream Stream, bool? IsMultiplexed) : IDisposable
{
    public void Dispose() => Stream.Dispose();
}
