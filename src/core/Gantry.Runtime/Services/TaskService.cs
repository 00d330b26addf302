using System.Collections.Concurrent;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Cgroups;
using Gantry.Runtime.Attachments;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>
/// <see cref="ITaskService"/> over a monitor. This part holds the state and the simple queries; the others: <c>Connection</c> (finding, starting
/// and replacing the monitor), <c>Launching</c>, <c>Control</c>, <c>Deletion</c>.
/// </summary>
public sealed partial class TaskService : ITaskService
{
    private volatile TaskServiceOptions _options;

    /// <summary>With runtimes that are gone too: for tasks that were started with them.</summary>
    private volatile TaskServiceOptions _everKnown;
    private readonly Action? _prepareMonitorThread;
    private readonly CgroupLayout _cgroups = CgroupLayout.Detect();
    private readonly MigrationWarmUp _warmUp;
    private readonly ConcurrentDictionary<(string Id, string ExecId), TaskEntry> _tasks = new();
    private readonly ExitDelivery _exits;
    private readonly AttachmentTable _attachments;
    private FileStream? _lock;
    private volatile bool _disposed;

    public TaskService(TaskServiceOptions options)
        : this(options, null)
    {
    }

    /// <param name="prepareMonitorThread">For tests: run on the thread that spawns the monitor, which inherits its namespaces.</param>
    internal TaskService(TaskServiceOptions options, Action? prepareMonitorThread)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = _everKnown = options;
        _prepareMonitorThread = prepareMonitorThread;
        _warmUp = new MigrationWarmUp(_cgroups);
        _exits = new ExitDelivery(this);
        _attachments = new AttachmentTable { SendCloseInput = SendCloseInputAsync };
    }

    /// <inheritdoc/>
    public Func<TaskExit, Task>? OnExit { get; set; }

    /// <inheritdoc/>
    public Func<string, Task>? OnOom { get; set; }

    /// <inheritdoc/>
    public void UseRuntimes(IReadOnlyDictionary<string, RuntimeConfig> runtimes, string defaultRuntime)
    {
        ArgumentNullException.ThrowIfNull(runtimes);
        var ever = new Dictionary<string, RuntimeConfig>(_everKnown.Runtimes);
        foreach (var (name, config) in runtimes)
        {
            ever[name] = config;
        }

        _everKnown = _options with { Runtimes = ever, DefaultRuntime = defaultRuntime };
        _options = _options with { Runtimes = runtimes, DefaultRuntime = defaultRuntime };
    }

    /// <inheritdoc/>
    public void ExpectStart(bool more) => _warmUp.Expect(more);

    /// <inheritdoc/>
    public TaskState? Find(string id, string? execId = null) => _tasks.GetValueOrDefault((id, execId ?? ""))?.ToState();

    /// <inheritdoc/>
    public IAttachment Attach(string id, string? execId, AttachOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var key = (id, execId ?? "");
        if (_tasks.TryGetValue(key, out var entry))
        {
            options = options with { Tty = entry.Record.Has(ProcessFlags.Tty) };
        }

        var attachment = _attachments.Add(key, options);
        if (entry is not null)
        {
            ConnectWaiting(key);
        }

        return attachment;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await CloseConnectionAsync().ConfigureAwait(false);
        await _exits.DrainAsync().ConfigureAwait(false);
        foreach (var entry in _tasks.Values)
        {
            entry.CloseDescriptors();
        }

        _warmUp.Dispose();
        _lock?.Dispose();
    }

    private TaskEntry Entry(string id, string? execId = null) => _tasks.GetValueOrDefault((id, execId ?? ""))
        ?? throw GantryException.NotFound(execId is null ? $"no such task: {id}" : $"no such exec: {execId}");

    private TaskEntry RunningEntry(string id, string? execId = null)
    {
        var entry = Entry(id, execId);
        return entry.IsRunning ? entry : throw GantryException.Conflict(execId is null ? $"container {id} is not running" : $"exec {execId} is not running");
    }

    private Cgroup CgroupOf(TaskEntry entry) => new(_cgroups, entry.Record.CgroupsPath);

    /// <summary>Messages the monitor sends by itself; on the receiving thread.</summary>
    private void OnMonitorEvent(MonitorReply message)
    {
        switch (message.Kind)
        {
            case MessageKind.Exited when ProcessRecord.Read(message.Fields) is { } record:
                OnExited(record);
                break;
            case MessageKind.OutOfMemory:
                _exits.EnqueueOom(message.Text(Field.Id));
                break;
            case MessageKind.AttachmentEnded:
                _attachments.Find((uint)message.Number(Field.AttachmentId))?.End();
                break;
            default:
                message.CloseDescriptors();
                break;
        }
    }

    private void OnExited(ProcessRecord record)
    {
        if (_tasks.TryGetValue((record.Id, record.ExecId), out var entry) && entry.IsRunning)
        {
            _exits.End(entry, record);
            ReapIfOurs(record.Pid);
        }
    }

    /// <summary>Where this process is the nearest reaper, as init of a container for instance, the killed monitor's children became ours.</summary>
    private static void ReapIfOurs(int pid) => _ = ChildProcesses.TryReap(pid, out _);
}
