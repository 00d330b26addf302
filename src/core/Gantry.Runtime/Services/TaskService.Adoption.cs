using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Attachments;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Giving a new monitor what a killed one had.</summary>
public sealed partial class TaskService
{
    private static readonly TimeSpan s_adoptionLimit = TimeSpan.FromSeconds(10);

    private bool _knowsDisk;

    /// <summary>
    /// Hands over every process: those this engine knows with its duplicates of their descriptors; at the engine's own start, when the monitor
    /// was dead too, those in the run files.
    /// </summary>
    private async Task HandOverAsync(MonitorConnection connection)
    {
        if (!_knowsDisk)
        {
            LoadFromDisk();
        }

        foreach (var entry in _tasks.Values)
        {
            await AdoptAsync(connection, entry).ConfigureAwait(false);
        }

        (await connection.RequestAsync(MessageKind.Adopted, static _ => { }).ConfigureAwait(false)).ThrowIfFailed();
        _knowsDisk = true;
    }

    /// <summary>
    /// At the engine's own start, to a monitor that has been at work: what it doesn't have. The last engine had put it in a killed one's place, and
    /// was killed itself before it came to a start that had been under way.
    /// </summary>
    private async Task HandOverLostAsync(MonitorConnection connection)
    {
        foreach (var entry in LoadFromDisk())
        {
            await AdoptAsync(connection, entry).ConfigureAwait(false);
        }

        _knowsDisk = true;
    }

    /// <returns>What was not known.</returns>
    private List<TaskEntry> LoadFromDisk()
    {
        var added = new List<TaskEntry>();
        foreach (var entry in RunFileScan.Load(_options.ExecRoot))
        {
            if (_tasks.TryAdd(entry.Key, entry))
            {
                added.Add(entry);
            }
            else
            {
                entry.CloseDescriptors();
            }
        }

        return added;
    }

    private static async Task AdoptAsync(MonitorConnection connection, TaskEntry entry)
    {
        var (kinds, descriptors) = entry.Duplicate();
        try
        {
            var record = entry.Record;
            void Build(MessageWriter writer)
            {
                record.Write(writer);
                writer.Add(Field.Descriptors, (long)kinds);
            }

            (await connection.RequestAsync(MessageKind.Adopt, Build, descriptors).ConfigureAwait(false)).ThrowIfFailed();
        }
        finally
        {
            foreach (var descriptor in descriptors)
            {
                RawFiles.Close(descriptor);
            }
        }
    }

    /// <summary>Processes that had ended when they were handed over are reported by the monitor after it has finished their logs.</summary>
    private async Task WaitForLostProcessesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var lost = _tasks.Values.Where(entry => entry.IsRunning && HasEnded(entry)).Select(entry => entry.Exit);
            await Task.WhenAll(lost).WaitAsync(s_adoptionLimit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw GantryException.Unavailable("the container monitor does not answer", e);
        }
    }

    private static bool HasEnded(TaskEntry entry) => !entry.HasPidFd || ProcessStat.Read(entry.Record.Pid) is null or { IsZombie: true };

    /// <summary>Gives attachments that a killed monitor served a new socket each.</summary>
    private async Task ReattachAsync(MonitorConnection connection)
    {
        foreach (var entry in _tasks.Values)
        {
            await ReattachAsync(connection, entry).ConfigureAwait(false);
        }
    }

    private async Task ReattachAsync(MonitorConnection connection, TaskEntry entry)
    {
        foreach (var attachment in _attachments.Served(entry.Key))
        {
            if (!entry.IsRunning)
            {
                attachment.End();
            }
            else if (attachment.Renew() is { } socket)
            {
                await AttachAsync(connection, attachment, socket, attachment.WasThereFirst).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Connects attachments that were made for a running process.</summary>
    private void ConnectWaiting((string Id, string ExecId) key)
    {
        foreach (var attachment in _attachments.TakeWaiting(key))
        {
            _ = ConnectAsync(attachment);
        }
    }

    private async Task ConnectAsync(Attachment attachment)
    {
        try
        {
            var connection = await ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            await AttachAsync(connection, attachment, attachment.Current, beforeStart: false).ConfigureAwait(false);
            attachment.SetConnected();
        }
        catch (Exception e) when (e is GantryException or MonitorLostException or ObjectDisposedException)
        {
            // Lost: the next monitor gets it with the others. Refused: the process has just ended.
            if (e is not MonitorLostException)
            {
                attachment.End();
            }
        }
    }

    private static async Task AttachAsync(MonitorConnection connection, Attachment attachment, AttachmentSocket socket, bool beforeStart)
    {
        try
        {
            void Build(MessageWriter writer) => writer
                .Add(Field.Id, attachment.Key.Id)
                .Add(Field.ExecId, attachment.Key.ExecId)
                .Add(Field.AttachmentId, attachment.Id)
                .Add(Field.AttachFlags, (long)attachment.Flags(beforeStart));
            var reply = await connection.RequestAsync(MessageKind.Attach, Build, new[] { socket.MonitorEnd }).ConfigureAwait(false);
            if (reply.Kind == MessageKind.Failed)
            {
                attachment.End();
            }
        }
        finally
        {
            socket.ReleaseMonitorEnd();
        }
    }

    private async Task SendCloseInputAsync(Attachment attachment)
    {
        // Our own duplicate would keep the process from seeing the end.
        if (_tasks.TryGetValue(attachment.Key, out var entry) && entry.IsRunning && !entry.Record.Has(ProcessFlags.Tty))
        {
            entry.CloseStdin();
            void Build(MessageWriter writer) => writer
                .Add(Field.Id, attachment.Key.Id)
                .Add(Field.ExecId, attachment.Key.ExecId)
                .Add(Field.AttachmentId, attachment.Id);
            try
            {
                var connection = await ConnectAsync(CancellationToken.None).ConfigureAwait(false);
                await connection.RequestAsync(MessageKind.CloseInput, Build).ConfigureAwait(false);
            }
            catch (MonitorLostException)
            {
                // With both writing ends gone the process has seen the end.
            }
        }
    }
}
