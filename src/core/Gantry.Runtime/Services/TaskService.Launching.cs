using Gantry.Errors;
using Gantry.Linux;
using Gantry.Linux.Cgroups;
using Gantry.Runtime.Attachments;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Starting containers and execs. The steps are those of docs/flows/start.md.</summary>
public sealed partial class TaskService
{
    private const string ProcessFile = "process.json";
    private const int ProcessFileMode = 0x180;

    /// <inheritdoc/>
    public async Task<TaskState> StartAsync(TaskSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        TaskIds.Validate(spec.Id);
        var runtime = RuntimeCommand.Resolve(_options, spec.RuntimeName);
        var directory = RunFiles.TaskDirectory(_options.ExecRoot, spec.Id);
        var record = LaunchRecords.ForContainer(spec, runtime, directory, new Cgroup(_cgroups, spec.CgroupsPath));
        var plan = spec.Checkpoint is { } checkpoint
            ? RestorePlan(spec, checkpoint, runtime, record)
            : new LaunchPlan(record, runtime.Run(spec, directory), spec.ConsoleRows, spec.ConsoleColumns)
            {
                Failure = log => RuntimeErrors.StartFailed(runtime.Program, log, BundleConfig.FirstArgument(spec.BundlePath)),
            };
        if (spec.HasStopHooks)
        {
            RawFiles.MakeDirectory(directory, DirectoryMode);
            RawFiles.Replace($"{directory}/{RunFiles.StopHooks}", [], ProcessFileMode);
        }

        return await LaunchAsync(plan, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<TaskState> ExecAsync(ExecSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        TaskIds.Validate(spec.ExecId);
        var container = RunningEntry(spec.ContainerId).Record;
        var runtime = RuntimeCommand.Resolve(_everKnown, container.RuntimeName);
        var directory = RunFiles.ExecDirectory(_options.ExecRoot, spec.ContainerId, spec.ExecId);
        RawFiles.MakeDirectory($"{container.Directory}/{RunFiles.Execs}", DirectoryMode);
        RawFiles.MakeDirectory(directory, DirectoryMode);
        var processFile = $"{directory}/{ProcessFile}";
        RawFiles.Replace(processFile, spec.ProcessJson.Span, ProcessFileMode);
        var record = LaunchRecords.ForExec(spec, container, directory);
        var plan = new LaunchPlan(record, runtime.Exec(spec, directory, processFile), spec.ConsoleRows, spec.ConsoleColumns)
        {
            Failure = log => RuntimeErrors.ExecFailed(log, BundleConfig.FirstArgument(spec.ProcessJson)),
        };
        return await LaunchAsync(plan, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TaskState> LaunchAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        var key = (plan.Record.Id, plan.Record.ExecId);
        if (_tasks.ContainsKey(key))
        {
            throw GantryException.Conflict($"task {plan.Record.Id} {plan.Record.ExecId} exists");
        }

        var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var attachments = _attachments.TakeWaiting(key);
        TaskEntry entry;
        try
        {
            entry = await RequestLaunchAsync(connection, plan, attachments).ConfigureAwait(false);
        }
        catch (MonitorLostException)
        {
            entry = await RecoverLaunchAsync(plan).ConfigureAwait(false);
        }
        catch
        {
            await UndoLaunchAsync(plan).ConfigureAwait(false);
            attachments.ForEach(attachment => attachment.End());
            throw;
        }

        foreach (var attachment in attachments)
        {
            attachment.Current.ReleaseMonitorEnd();
            if (attachment.InputClosed)
            {
                await SendCloseInputAsync(attachment).ConfigureAwait(false);
            }

            attachment.SetConnected();
        }

        return entry.ToState();
    }

    private async Task<TaskEntry> RequestLaunchAsync(MonitorConnection connection, LaunchPlan plan, List<Attachment> attachments)
    {
        TaskEntry? entry = null;
        void Build(MessageWriter writer)
        {
            plan.Write(writer);
            AttachmentTable.Write(writer, attachments);
        }

        void Received(MonitorReply reply)
        {
            // On the receiving thread: the exit may be the next message.
            if (reply.Kind == MessageKind.Launched && (entry = TaskEntry.From(reply)) is not null)
            {
                _tasks[entry.Key] = entry;
            }
        }

        attachments.ForEach(attachment => attachment.WasThereFirst = true);
        var sockets = attachments.Select(attachment => attachment.Current.MonitorEnd).ToArray();
        var answer = await connection.RequestAsync(MessageKind.Launch, Build, sockets, Received).ConfigureAwait(false);
        if (entry is not null)
        {
            return entry;
        }

        var kind = (ErrorKind)answer.Number(Field.ErrorKind);
        throw kind == ErrorKind.InvalidArgument ? plan.Failure(answer.Text(Field.Text)) : new GantryException(kind, answer.Text(Field.Text));
    }

    /// <summary>After a refusal: runtimes clean up after themselves, the run directory is ours.</summary>
    private async Task UndoLaunchAsync(LaunchPlan plan)
    {
        if (!plan.Record.IsExec)
        {
            await RemoveRuntimeStateAsync(plan.Record).ConfigureAwait(false);
        }

        RunFileRemoval.RemoveTree(plan.Record.Directory);
    }
}
