using System.Text.Json;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Acting on running tasks. Signals, sizes and the freezer are the engine's own doing; the monitor is not asked.</summary>
public sealed partial class TaskService
{
    private const string ResourcesFile = "resources.json";

    private static readonly TimeSpan s_freezeLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_freezePause = TimeSpan.FromMilliseconds(1);

    /// <inheritdoc/>
    public Task KillAsync(string id, string? execId, int signal, CancellationToken cancellationToken)
    {
        if (signal is < 0 or > Signals.Max)
        {
            throw GantryException.InvalidArgument($"invalid signal: {signal}");
        }

        var entry = Entry(id, execId);
        var error = entry.TrySignal(signal);
        if (error == Errno.ESRCH)
        {
            throw GantryException.NotFound("process already finished");
        }

        if (error != 0)
        {
            throw new LinuxException("pidfd_send_signal", error).ToGantry($"cannot signal {id}");
        }

        if (signal == Signals.SIGKILL && !_cgroups.IsV2 && CgroupOf(entry) is var cgroup && cgroup.IsFrozen())
        {
            // The v1 freezer holds even SIGKILL back.
            _ = cgroup.TryFreeze(false);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task KillAllAsync(string id, int signal, CancellationToken cancellationToken)
    {
        var cgroup = CgroupOf(Entry(id));
        cgroup.SignalAll(signal);
        if (signal == Signals.SIGKILL && !_cgroups.IsV2 && cgroup.IsFrozen())
        {
            _ = cgroup.TryFreeze(false);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ResizeAsync(string id, string? execId, int rows, int columns, CancellationToken cancellationToken)
    {
        if (rows is < 0 or > ushort.MaxValue || columns is < 0 or > ushort.MaxValue)
        {
            throw GantryException.InvalidArgument($"invalid terminal size {columns}x{rows}");
        }

        return RunningEntry(id, execId).TryResize(rows, columns) switch
        {
            0 => Task.CompletedTask,
            Errno.ENODEV => throw GantryException.Conflict("cannot resize: the process has no terminal"),
            var error => throw new LinuxException("ioctl(TIOCSWINSZ)", error).ToGantry("cannot resize"),
        };
    }

    /// <inheritdoc/>
    public Task PauseAsync(string id, CancellationToken cancellationToken) => FreezeAsync(id, true, cancellationToken);

    /// <inheritdoc/>
    public Task ResumeAsync(string id, CancellationToken cancellationToken) => FreezeAsync(id, false, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<int>> PidsAsync(string id, CancellationToken cancellationToken) => Task.FromResult(CgroupOf(RunningEntry(id)).Processes());

    /// <inheritdoc/>
    public ContainerStats ReadStats(string id) => CgroupStats.Read(_cgroups, RunningEntry(id).Record.CgroupsPath);

    /// <inheritdoc/>
    public async Task UpdateResourcesAsync(string id, ReadOnlyMemory<byte> resourcesJson, CancellationToken cancellationToken)
    {
        var record = RunningEntry(id).Record;
        var file = $"{record.Directory}/{ResourcesFile}";
        RawFiles.Replace(file, LiftLimits(record.CgroupsPath, resourcesJson).Span);
        var log = $"{record.Directory}/{RunFiles.RuntimeLog}";
        RawFiles.Unlink(log);
        var status = await InvokeAsync(RuntimeCommand.Resolve(_everKnown, record.RuntimeName).Update(id, record.Directory, file)).ConfigureAwait(false);
        if (status != 0)
        {
            throw GantryException.Internal(RuntimeErrors.Message(File.Exists(log) ? await File.ReadAllTextAsync(log, cancellationToken).ConfigureAwait(false) : ""));
        }
    }

    /// <summary>
    /// Takes limits away that are negative: crun 1.8 can set these on cgroup v1 but not lift them. The rest is for the runtime.
    /// </summary>
    private ReadOnlyMemory<byte> LiftLimits(string cgroupsPath, ReadOnlyMemory<byte> resourcesJson)
    {
        var resources = Parse(resourcesJson.Span);
        var (pids, quota) = (resources.Pids?.Limit < 0, resources.Cpu?.Quota < 0);
        if (!pids && !quota)
        {
            return resourcesJson;
        }

        Lift(pids, "pids", "pids.max", "max");
        Lift(quota, "cpu", _cgroups.IsV2 ? "cpu.max" : "cpu.cfs_quota_us", _cgroups.IsV2 ? "max" : "-1");
        var rest = resources with { Pids = pids ? null : resources.Pids, Cpu = quota ? resources.Cpu! with { Quota = null } : resources.Cpu };
        return JsonSerializer.SerializeToUtf8Bytes(rest, RuntimeSpecJson.Default.LinuxResources);

        void Lift(bool asked, string controller, string name, string value)
        {
            if (asked && _cgroups.DirectoryOf(controller, cgroupsPath) is { } directory && RawFiles.TryWriteFile($"{directory}/{name}", value) is var error and not 0)
            {
                throw new LinuxException("write", Math.Abs(error), name).ToGantry("cannot lift a limit");
            }
        }
    }

    private static LinuxResources Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, RuntimeSpecJson.Default.LinuxResources) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw GantryException.InvalidArgument($"the resources can't be read: {e.Message}", e);
        }
    }

    private async Task FreezeAsync(string id, bool freeze, CancellationToken cancellationToken)
    {
        var cgroup = CgroupOf(RunningEntry(id));
        var deadline = DateTime.UtcNow + s_freezeLimit;
        while (true)
        {
            // v1 may stay in FREEZING while a process forks; writing again helps it.
            var error = cgroup.TryFreeze(freeze);
            if (error != 0)
            {
                throw new LinuxException("write", error, "freezer").ToGantry($"cannot {(freeze ? "pause" : "unpause")} container {id}");
            }

            if (cgroup.IsFrozen() == freeze)
            {
                return;
            }

            if (DateTime.UtcNow > deadline)
            {
                _ = cgroup.TryFreeze(false);
                throw new GantryException(ErrorKind.DeadlineExceeded, $"cannot {(freeze ? "pause" : "unpause")} container {id}: its processes do not stop");
            }

            await Task.Delay(s_freezePause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a verb of the runtime in the monitor; returns its exit code.</summary>
    private async Task<int> InvokeAsync(List<string> arguments)
    {
        try
        {
            return await InvokeInMonitorAsync(arguments, []).ConfigureAwait(false);
        }
        catch (MonitorLostException e)
        {
            throw GantryException.Unavailable("the container monitor ended while the runtime was at work", e);
        }
    }

    /// <exception cref="MonitorLostException">It was killed; the runtime goes on alone.</exception>
    private async Task<int> InvokeInMonitorAsync(List<string> arguments, IReadOnlyList<string> environment)
    {
        var connection = await ConnectAsync(CancellationToken.None).ConfigureAwait(false);
        void Build(MessageWriter writer)
        {
            arguments.ForEach(argument => writer.Add(Field.Argument, argument));
            foreach (var variable in environment)
            {
                writer.Add(Field.Environment, variable);
            }
        }

        var reply = await connection.RequestAsync(MessageKind.Invoke, Build).ConfigureAwait(false);
        return ChildProcesses.ExitCode((int)reply.ThrowIfFailed().Number(Field.WaitStatus));
    }
}
