using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.Checkpoints;
using Gantry.Engine.Containers.Files;
using Gantry.Engine.Containers.Logs;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Filters;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Engine.Containers;

/// <summary>
/// Everything that can be done with containers. A container is named by id, name or unique id prefix. Failures are
/// <see cref="GantryException"/> in Docker's words; what changes state is finished even when the caller goes away.
/// </summary>
public sealed class ContainerService
{
    private readonly EngineCore _core;
    private readonly ContainerFlows _flows;

    internal ContainerService(EngineCore core, ContainerFlows flows)
    {
        _core = core;
        _flows = flows;
    }

    /// <param name="name">Empty makes one up.</param>
    /// <param name="platform">What the image must be for; null takes any.</param>
    /// <param name="readOnlyNonRecursive">Mounts below a read-only bind stay writable, whatever the bind says.</param>
    public Task<ContainerCreateResponse> CreateAsync(ContainerCreateRequest request, string name, Platform? platform, bool readOnlyNonRecursive = false) =>
        _core.Metrics.Containers.MeasureAsync("create", () => _flows.Create.CreateAsync(request, name, platform, readOnlyNonRecursive));

    /// <param name="checkpoint">Restore this; empty starts the container's program.</param>
    /// <param name="checkpointFolder">Docker takes none but an empty one.</param>
    public Task StartAsync(string reference, string checkpoint = "", string checkpointFolder = "") =>
        _core.Metrics.Containers.MeasureAsync("start", () => _flows.Start.StartAsync(Get(reference), checkpoint, checkpointFolder));

    /// <summary>Saves the processes of a running container.</summary>
    public Task CreateCheckpointAsync(string reference, CheckpointRequest request) => _flows.Checkpoints.CreateAsync(Get(reference), reference, request);

    /// <param name="folder">Where to look; empty is among the container's files.</param>
    public IReadOnlyList<CheckpointSummary> ListCheckpoints(string reference, string folder) => _flows.Checkpoints.List(Get(reference), reference, folder);

    /// <inheritdoc cref="ListCheckpoints"/>
    public Task RemoveCheckpointAsync(string reference, string folder, string name) =>
        _flows.Checkpoints.RemoveAsync(Get(reference), reference, folder, name);

    /// <param name="signal">Empty for the container's.</param>
    /// <param name="timeout">Seconds; null for the container's, negative to wait for ever.</param>
    public Task StopAsync(string reference, string signal, int? timeout) => _flows.Stop.StopAsync(Get(reference), reference, signal, timeout);

    /// <inheritdoc cref="StopAsync"/>
    public Task RestartAsync(string reference, string signal, int? timeout) => _flows.Stop.RestartAsync(Get(reference), reference, signal, timeout);

    /// <param name="signal">Empty for SIGKILL.</param>
    public Task KillAsync(string reference, string signal) => _flows.Stop.KillAsync(GetToKill(reference), reference, signal);

    public Task PauseAsync(string reference) => _flows.Pause.PauseAsync(Get(reference));

    public Task UnpauseAsync(string reference) => _flows.Pause.UnpauseAsync(Get(reference));

    public Task RemoveAsync(string reference, bool force, bool removeVolumes) =>
        _core.Metrics.Containers.MeasureAsync("delete", () => _flows.Remove.RemoveAsync(Get(reference), force, removeVolumes, reference));

    /// <summary>Takes a link given at create away.</summary>
    public Task RemoveLinkAsync(string reference, string alias) => _flows.Links.RemoveAsync(Get(reference), reference, alias);

    /// <summary>
    /// Begins to wait: when this returns nothing is missed any more. The inner task ends with the exit code, or is cancelled.
    /// </summary>
    public Task<WaitResult> Wait(string reference, WaitCondition condition, CancellationToken cancellationToken)
    {
        var container = Get(reference);
        var wait = container.Waiters.Add(condition, cancellationToken);
        return condition == WaitCondition.NotRunning && !container.State.IsActive
            ? Task.FromResult(new WaitResult(container.State.ExitCode))
            : wait;
    }

    public ContainerInspectResponse Inspect(string reference, bool withSize) => _flows.Inspect.Describe(Get(reference), withSize);

    public IReadOnlyList<ContainerSummary> List(ListRequest request) => _flows.List.List(request);

    /// <summary>Attaches at once; the session is then run over a connection. The caller disposes it.</summary>
    public AttachSession Attach(string reference, AttachRequest request) => _flows.Attach.Begin(Get(reference), request);

    /// <summary>A container without a terminal takes any size, as in Docker; it changes nothing.</summary>
    public async Task ResizeAsync(string reference, int rows, int columns)
    {
        var container = Get(reference);
        if (!container.State.IsActive)
        {
            throw GantryException.Conflict($"container {container.Id} is not running");
        }

        if (container.Record.Config.Tty == true)
        {
            await _core.Parts.Tasks.ResizeAsync(container.Id, null, rows, columns, CancellationToken.None).ConfigureAwait(false);
        }

        _core.Publish(
            container, "resize", ("height", rows.ToString(CultureInfo.InvariantCulture)), ("width", columns.ToString(CultureInfo.InvariantCulture)));
    }

    public Task RenameAsync(string reference, string newName) => _flows.Rename.RenameAsync(reference, newName);

    public Task<ContainerUpdateResponse> UpdateAsync(string reference, ContainerUpdateRequest request) => _flows.Update.UpdateAsync(Get(reference), request);

    /// <summary>Whether the log stream has no frames.</summary>
    public bool HasTerminal(string reference) => Get(reference).Record.Config.Tty == true;

    /// <summary>Checks that the container has a log that can be read.</summary>
    public void CheckLogs(string reference) => LogFlow.Check(Get(reference));

    /// <summary>Writes the log in the attach format until its end or, when following, until the container ends.</summary>
    public Task WriteLogsAsync(string reference, LogRequest request, Stream output, CancellationToken cancellationToken) =>
        _flows.Logs.WriteAsync(Get(reference), request, output, cancellationToken);

    /// <summary>Samples every second until the container is gone or the token fires.</summary>
    public IAsyncEnumerable<ContainerStatsResponse> StatsAsync(string reference, CancellationToken cancellationToken) =>
        _flows.Stats.StreamAsync(Get(reference), cancellationToken);

    /// <param name="quick">Take one sample only; otherwise it is compared with one of a second before.</param>
    public Task<ContainerStatsResponse> StatsOnceAsync(string reference, bool quick, CancellationToken cancellationToken) =>
        _flows.Stats.OnceAsync(Get(reference), quick, cancellationToken);

    /// <param name="arguments">Of ps(1); empty for <c>-ef</c>.</param>
    public Task<ContainerTopResponse> TopAsync(string reference, string arguments, CancellationToken cancellationToken) =>
        _flows.Top.RunAsync(Get(reference), arguments, cancellationToken);

    /// <summary>What was changed against the image.</summary>
    public IReadOnlyList<FilesystemChange> Changes(string reference, CancellationToken cancellationToken) =>
        _core.Metrics.Containers.Measure("changes", () => _core.Parts.Layers.Changes(Get(reference).Id, cancellationToken))
            .Select(c => new FilesystemChange { Path = c.Path, Kind = (int)c.Kind }).ToList();

    public Task<PathStat> StatPathAsync(string reference, string path) => _flows.Archive.StatAsync(Get(reference, path), reference, path);

    /// <summary>Finds a file or directory to be packed. The caller disposes the result.</summary>
    public Task<OpenArchive> OpenArchiveAsync(string reference, string path) => _flows.Archive.OpenArchiveAsync(Get(reference, path), reference, path);

    public Task ExtractAsync(string reference, ExtractRequest request, Stream archive, CancellationToken cancellationToken) =>
        _flows.Archive.ExtractAsync(Get(reference, request.Path), reference, request, archive, cancellationToken);

    /// <summary>Throws when there is no such container, before the first byte of an export goes out.</summary>
    public void CheckExists(string reference) => Get(reference);

    public Task ExportAsync(string reference, Stream destination, CancellationToken cancellationToken) =>
        _flows.Archive.ExportAsync(Get(reference), destination, cancellationToken);

    /// <summary>Returns the new image's id.</summary>
    public Task<string> CommitAsync(CommitRequest request, CancellationToken cancellationToken) =>
        _core.Metrics.Containers.MeasureAsync("commit", () => _flows.Commit.CommitAsync(request, cancellationToken));

    public Task<ContainerPruneResponse> PruneAsync(FilterSet filters) => _flows.Prune.PruneAsync(filters);

    /// <exception cref="GantryException">NotFound, in the words of this one request.</exception>
    private Container GetToKill(string reference) => _core.Containers.TryGet(reference, out var container)
        ? container
        : throw GantryException.NotFound($"cannot kill container: {reference}: No such container: {reference}");

    private Container Get(string reference) => _core.Containers.Get(reference);

    /// <summary>The container of a path in it, which is looked at first, as Docker does.</summary>
    private Container Get(string reference, string path)
    {
        _ = ContainerPath.Parse(path);
        return Get(reference);
    }
}
