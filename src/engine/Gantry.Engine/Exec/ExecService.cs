using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers;
using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.Links;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Streams;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Runtime;
using Gantry.Runtime.Spec;

namespace Gantry.Engine.Exec;

/// <summary>Further processes in running containers.</summary>
public sealed class ExecService
{
    /// <summary>An exec that ended, or was never started, can be inspected this long.</summary>
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(5);

    /// <summary>Exit code of an exec that failed before the runtime was asked.</summary>
    private const int CannotRun = 126;

    /// <summary>How long a resize waits for the process.</summary>
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, ExecInstance> _execs = new();
    private readonly EngineCore _core;
    private readonly BundleWriter _bundles;

    internal ExecService(EngineCore core, BundleWriter bundles)
    {
        _core = core;
        _bundles = bundles;
    }

    /// <summary>Returns the exec's id.</summary>
    /// <exception cref="GantryException">NotFound, Conflict, InvalidArgument in Docker's words.</exception>
    public string Create(string reference, ExecCreateRequest request)
    {
        // Said before the container is looked for, as Docker does.
        if (request.Cmd is not { Count: > 0 })
        {
            throw GantryException.InvalidArgument("No exec command specified");
        }

        var container = RunningContainer(reference);
        _core.Parts.Tasks.ExpectStart(more: false);
        CheckUser(container, request.User);
        CheckKeys(request.DetachKeys ?? string.Empty);
        Forget();
        return Register(container, request, Ids.New()).Id;
    }

    /// <summary>The start looks the user up again; that there is none is said as early as can be.</summary>
    private void CheckUser(Container container, string? user)
    {
        if (string.IsNullOrEmpty(user))
        {
            return;
        }

        try
        {
            _ = UserResolver.Resolve(_core.Paths.Rootfs(container.Id), user);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument(e.Message, e);
        }
    }

    /// <summary>Makes an exec known.</summary>
    internal ExecInstance Register(Container container, ExecCreateRequest request, string id)
    {
        var exec = new ExecInstance { Id = id, ContainerId = container.Id, Request = request, Created = DateTimeOffset.UtcNow, ContainerStarted = container.State.StartedAt };
        _execs[id] = exec;
        container.Execs.TryAdd(id, 0);
        Publish(container, exec, "exec_create: " + CommandText(request));
        return exec;
    }

    /// <summary>Drops an ended exec now instead of after the usual time.</summary>
    internal void Forget(ExecInstance exec) => _execs.TryRemove(exec.Id, out _);

    /// <summary>What is refused before a client's connection is taken over.</summary>
    /// <exception cref="GantryException">NotFound: no such exec; Conflict: its container doesn't run.</exception>
    public void CheckStartable(string execId) => RunningContainer(GetForStart(execId).ContainerId);

    /// <summary>Claims the exec for a start and prepares its connection; the process is started by <see cref="ExecSession"/>.</summary>
    /// <exception cref="GantryException">NotFound; Conflict: it was started before, or the container doesn't run.</exception>
    public ExecSession Begin(string execId, ExecStartRequest request)
    {
        var exec = GetForStart(execId);
        var container = RunningContainer(exec.ContainerId);
        if (!exec.TryClaim())
        {
            throw GantryException.Conflict(exec.Running
                ? $"exec command {exec.Id} is already running"
                : $"exec command {exec.Id} has already run");
        }

        return new ExecSession(this, exec, container, request);
    }

    /// <exception cref="GantryException">NotFound.</exception>
    public ExecInspectResponse Inspect(string execId)
    {
        var exec = Get(execId);
        var request = exec.Request;
        return new ExecInspectResponse
        {
            ID = exec.Id,
            Running = exec.Running,
            ExitCode = exec.ExitCode,
            ProcessConfig = new ProcessConfig
            {
                Tty = exec.IsTty,
                Entrypoint = request.Cmd![0],
                Arguments = request.Cmd[1..],
                Privileged = request.Privileged ?? false,
                User = string.IsNullOrEmpty(request.User) ? null : request.User,
            },
            OpenStdin = request.AttachStdin ?? false,
            OpenStderr = request.AttachStderr ?? false,
            OpenStdout = request.AttachStdout ?? false,
            CanRemove = false,
            ContainerID = exec.ContainerId,
            DetachKeys = request.DetachKeys ?? string.Empty,
            Pid = exec.Pid,
        };
    }

    /// <summary>
    /// Clients resize as soon as their start is answered, which is before the process is there: it is waited for as long as Docker does.
    /// </summary>
    /// <exception cref="GantryException">NotFound: no such exec, or it has ended; InvalidArgument: it could not be started; Internal: it isn't started in time.</exception>
    public async Task ResizeAsync(string execId, int rows, int columns)
    {
        var exec = Get(execId);
        _ = RunningContainer(exec.ContainerId);
        try
        {
            await exec.Started.Task.WaitAsync(s_startLimit).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw GantryException.Internal("timeout waiting for exec session ready", e);
        }

        if (!exec.Running)
        {
            throw exec.Pid == 0
                ? GantryException.InvalidArgument("exec process is not started")
                : GantryException.NotFound($"process does not exist {exec.Id}: not found");
        }

        if (!exec.IsTty)
        {
            return;
        }

        await _core.Parts.Tasks.ResizeAsync(exec.ContainerId, exec.Id, rows, columns, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>An exec's process ended.</summary>
    internal void HandleExit(TaskExit exit)
    {
        if (!_execs.TryGetValue(exit.ExecId!, out var exec))
        {
            return;
        }

        Finish(exec, exit.ExitCode);
        if (_core.Containers.TryGet(exec.ContainerId, out var container))
        {
            container.Execs.TryRemove(exec.Id, out _);
            Publish(container, exec, "exec_die", ("exitCode", exit.ExitCode.ToString(CultureInfo.InvariantCulture)));
        }
    }

    internal ITaskService Tasks => _core.Parts.Tasks;

    /// <summary>Starts the process. On failure the exit code is recorded and the reason thrown.</summary>
    internal Task StartProcessAsync(ExecInstance exec, Container container, bool openOutput, (int Rows, int Columns) size) =>
        StartProcessAsync(exec, container, () => SpecFor(exec, ProcessFor(exec.Request, container), openOutput, size));

    /// <summary>Starts a process that <see cref="ProcessFor"/> made before, with its output open.</summary>
    internal Task StartProcessAsync(ExecInstance exec, Container container, ReadOnlyMemory<byte> process) =>
        StartProcessAsync(exec, container, () => SpecFor(exec, process, openOutput: true, (0, 0)));

    private async Task StartProcessAsync(ExecInstance exec, Container container, Func<ExecSpec> spec)
    {
        Publish(container, exec, "exec_start: " + CommandText(exec.Request));
        exec.Running = true;
        try
        {
            var state = await _core.Parts.Tasks.ExecAsync(spec(), CancellationToken.None).ConfigureAwait(false);
            exec.Pid = state.Pid;
            exec.Started.TrySetResult();
        }
        catch (Exception e)
        {
            container.Execs.TryRemove(exec.Id, out _);
            Finish(exec, e is GantryException g ? TaskStartError.ExitCodeOf(g, CannotRun) : CannotRun);
            throw;
        }
    }

    internal void Publish(Container container, ExecInstance exec, string action, params ReadOnlySpan<(string Key, string Value)> more) =>
        _core.Publish(container, action, [("execID", exec.Id), .. more]);

    /// <summary>The OCI <c>process</c> of an exec in this run of the container, as JSON.</summary>
    internal ReadOnlyMemory<byte> ProcessFor(ExecCreateRequest request, Container container)
    {
        var rootfs = _core.Paths.Rootfs(container.Id);
        var user = string.IsNullOrEmpty(request.User) ? null : UserResolver.Resolve(rootfs, request.User, container.Record.HostConfig.GroupAdd);
        var process = ExecProcessBuilder.Build(request, container.Record.Config, _bundles.ReadProcess(container.Id), user, _core.Host, LinkEnvironment.Build(_core, container.Record));
        return JsonSerializer.SerializeToUtf8Bytes(process, RuntimeSpecJson.Default.RuntimeProcess);
    }

    private static ExecSpec SpecFor(ExecInstance exec, ReadOnlyMemory<byte> process, bool openOutput, (int Rows, int Columns) size) => new()
    {
        ContainerId = exec.ContainerId,
        ExecId = exec.Id,
        ProcessJson = process,
        Tty = exec.IsTty,
        OpenStdin = exec.Request.AttachStdin == true,
        OpenOutput = openOutput,
        ConsoleRows = size.Rows,
        ConsoleColumns = size.Columns,
    };

    private static void Finish(ExecInstance exec, int exitCode)
    {
        exec.ExitCode = exitCode;
        exec.Running = false;
        exec.EndedAt = DateTimeOffset.UtcNow;
        exec.Started.TrySetResult();
        exec.Ended.TrySetResult();
    }

    /// <summary>Docker's words differ from those for attachments.</summary>
    private static void CheckKeys(string keys)
    {
        try
        {
            DetachKeys.Parse(keys);
        }
        catch (GantryException e)
        {
            throw GantryException.Internal($"Invalid escape keys ({keys}) provided", e);
        }
    }

    private Container RunningContainer(string reference)
    {
        var container = _core.Containers.Get(reference);
        return container.State.Phase switch
        {
            ContainerPhase.Running => container,
            ContainerPhase.Paused => throw GantryException.Conflict($"Container {reference} is paused, unpause the container before exec"),
            ContainerPhase.Restarting => throw GantryException.Conflict($"Container {container.Id} is restarting, wait until the container is running"),
            _ => throw GantryException.Conflict($"container {container.Id} is not running"),
        };
    }

    /// <summary>An exec goes with its container.</summary>
    private ExecInstance Get(string id) =>
        _execs.TryGetValue(id, out var exec) && _core.Containers.TryGet(exec.ContainerId, out _)
            ? exec
            : throw GantryException.NotFound($"No such exec instance: {id}");

    /// <summary>One that its container's end overtook will never be started: it was for that run.</summary>
    private ExecInstance GetForStart(string id)
    {
        var exec = Get(id);
        var state = _core.Containers.Get(exec.ContainerId).State;
        return state.IsActive && state.StartedAt == exec.ContainerStarted ? exec : throw GantryException.NotFound($"No such exec instance: {id}");
    }

    private static string CommandText(ExecCreateRequest request) => $"{request.Cmd![0]} {string.Join(' ', request.Cmd.Skip(1))}";

    /// <summary>Drops what is older than anybody asks for.</summary>
    private void Forget()
    {
        var limit = DateTimeOffset.UtcNow - s_keep;
        foreach (var (id, exec) in _execs)
        {
            var gone = !_core.Containers.TryGet(exec.ContainerId, out _);
            if (!exec.Running && (gone || (exec.EndedAt ?? exec.Created) < limit))
            {
                _execs.TryRemove(id, out _);
                if (_core.Containers.TryGet(exec.ContainerId, out var container))
                {
                    container.Execs.TryRemove(id, out _);
                }
            }
        }
    }
}
