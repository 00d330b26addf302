using Gantry.Errors;

namespace Gantry.Runtime;

/// <summary>
/// Runs containers' processes. A <em>task</em> is the running side of a container (containerd's word): its init process, the
/// processes executed beside it, their stdio and their exits. Tasks belong to the host's monitor and outlive this object and
/// the process it lives in; one service per exec root at a time.
/// </summary>
/// <remarks>
/// All members are safe to call from any thread. Failures are <see cref="GantryException"/>: <see cref="ErrorKind.NotFound"/>
/// for an unknown task or exec, <see cref="ErrorKind.Conflict"/> for one in the wrong state,
/// <see cref="ErrorKind.Unavailable"/> when the monitor can't be reached or brought up again.
/// </remarks>
public interface ITaskService : IAsyncDisposable
{
    /// <summary>
    /// Called once for every exit of a container or an exec while this service lives, in the order of the exits of one task.
    /// Exits that <see cref="RestoreAsync"/> returned are not repeated. Set it before <see cref="RestoreAsync"/>.
    /// An exec is forgotten when the handler's task completes; a container's exit is kept on disk until <see cref="DeleteAsync"/>.
    /// </summary>
    Func<TaskExit, Task>? OnExit { get; set; }

    /// <summary>Called when the kernel's OOM killer ended a process of a task, whether or not the task ended with it. At most once a task.</summary>
    Func<string, Task>? OnOom { get; set; }

    /// <summary>
    /// Connects to the exec root's live monitor or starts one, and takes every task over. Returns all tasks that run and all
    /// that ended and were not deleted yet, with their exit code, time and OOM flag; execs only when they still run or ended
    /// since the last service was there.
    /// </summary>
    Task<IReadOnlyList<TaskState>> RestoreAsync(CancellationToken cancellationToken);

    /// <summary>Runtimes for later starts, by name. What runs goes on with those it was started with.</summary>
    void UseRuntimes(IReadOnlyDictionary<string, RuntimeConfig> runtimes, string defaultRuntime);

    /// <summary>A <see cref="StartAsync"/> or <see cref="ExecAsync"/> will probably follow in some milliseconds: what those would wait for begins now. Returns at once.</summary>
    /// <param name="more">Others may follow in the next half second.</param>
    void ExpectStart(bool more);

    /// <summary>
    /// Runs the bundle's process. Returns when it runs (it may have exited already: the exit follows through
    /// <see cref="OnExit"/>). Attachments made before with <see cref="Attach"/> see its output from the first byte. An id whose last task was not
    /// deleted yet is a conflict.
    /// </summary>
    /// <exception cref="GantryException">
    /// The runtime refused; the message is Docker's and <see cref="TaskStartError.ExitCodeOf"/> gives the exit code Docker stores.
    /// Nothing of the task is left then; its attachments have ended.
    /// </exception>
    Task<TaskState> StartAsync(TaskSpec spec, CancellationToken cancellationToken);

    /// <summary>Runs one more process in a running task. Its exit comes through <see cref="OnExit"/> with <see cref="TaskExit.ExecId"/> set.</summary>
    /// <exception cref="GantryException">As for <see cref="StartAsync"/>.</exception>
    Task<TaskState> ExecAsync(ExecSpec spec, CancellationToken cancellationToken);

    /// <summary>
    /// Attaches to a process's stdio. May be called before the process is started: then nothing of its output is missed.
    /// Any number at once; dispose to detach.
    /// </summary>
    IAttachment Attach(string id, string? execId, AttachOptions options);

    /// <summary>What is known about a task or exec, or null.</summary>
    TaskState? Find(string id, string? execId = null);

    /// <summary>Sends a signal to the init or exec process itself, race-free through its pidfd. An exited one is <see cref="ErrorKind.NotFound"/>.</summary>
    Task KillAsync(string id, string? execId, int signal, CancellationToken cancellationToken);

    /// <summary>Sends a signal to every process of the container (its whole cgroup). No error when there is none left.</summary>
    Task KillAllAsync(string id, int signal, CancellationToken cancellationToken);

    /// <summary>Sets the terminal's size in character cells.</summary>
    Task ResizeAsync(string id, string? execId, int rows, int columns, CancellationToken cancellationToken);

    /// <summary>Freezes all processes; returns when they are frozen.</summary>
    Task PauseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Thaws a paused task.</summary>
    Task ResumeAsync(string id, CancellationToken cancellationToken);

    /// <summary>Host process ids of everything in the container, exec processes included.</summary>
    Task<IReadOnlyList<int>> PidsAsync(string id, CancellationToken cancellationToken);

    /// <summary>Reads the container's cgroup counters now.</summary>
    ContainerStats ReadStats(string id);

    /// <summary>Changes the limits of a running task through the runtime. <paramref name="resourcesJson"/>: an OCI <c>linux.resources</c> object in UTF-8.</summary>
    Task UpdateResourcesAsync(string id, ReadOnlyMemory<byte> resourcesJson, CancellationToken cancellationToken);

    /// <summary>
    /// Saves a running task's processes through the runtime and CRIU. Without <paramref name="leaveRunning"/> they are ended by SIGKILL once all is
    /// saved; that exit comes through <see cref="OnExit"/>. Returns when the images are complete; they are not on the disk yet. May take minutes.
    /// </summary>
    /// <exception cref="GantryException">Internal: the runtime or CRIU refused; the processes go on. The directory of the images has what there is of them.</exception>
    Task CheckpointAsync(string id, CheckpointPaths paths, bool leaveRunning, CancellationToken cancellationToken);

    /// <summary>
    /// Waits for a <see cref="CheckpointAsync"/> of an earlier service, which may still be at work, and says whether its images are complete.
    /// </summary>
    Task<bool> AwaitCheckpointAsync(string id, CheckpointPaths paths);

    /// <summary>
    /// Removes everything of an ended task: runtime state, cgroups, FIFOs, run files. Idempotent; unknown ids are no error.
    /// A task that still runs is <see cref="ErrorKind.Conflict"/>. The bundle directory and the log stay: they are the caller's.
    /// </summary>
    Task DeleteAsync(string id, CancellationToken cancellationToken);
}
