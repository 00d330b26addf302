using Gantry.Apps.Monitor.Stdio;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>The engine's requests.</summary>
internal sealed partial class Supervisor
{
    public void BeginLaunch(LaunchRequest request)
    {
        var record = request.Record;
        try
        {
            if (_processes.ContainsKey((record.Id, record.ExecId)) || IsLaunching(record))
            {
                throw GantryException.Conflict($"process {record.Id} {record.ExecId} exists");
            }

            var launch = Launch.Begin(request, ++_sequence, _programs, _environment, _nullDevice);
            _launches.Add(launch.RuntimePid, launch);
        }
        catch (Exception e) when (e is LinuxException or GantryException)
        {
            CloseAttachments(request);
            Engine?.SendFailed(request.RequestId, (e as GantryException)?.Kind ?? ErrorKind.Internal, e.Message);
        }
    }

    public void Attach(uint requestId, string id, string execId, uint attachmentId, AttachFlags flags, int socket)
    {
        var process = Find(id, execId);
        if (process is not { IsRunning: true })
        {
            RawFiles.Close(socket);
            Engine?.SendFailed(requestId, ErrorKind.NotFound, $"process {id} {execId} is not running");
            return;
        }

        process.Attach(new AttachmentLink(Loop, process, socket, attachmentId, flags));
        Engine?.SendDone(requestId, 0);
    }

    /// <summary>The attachment may be closed already: then there is nothing to wait for.</summary>
    public void CloseInput(uint requestId, string id, string execId, uint attachmentId)
    {
        if (Find(id, execId) is { } process)
        {
            var attachment = process.Attachments.Find(a => a.Id == attachmentId);
            if (attachment is null)
            {
                process.EndInput();
            }
            else
            {
                attachment.EndsInput = true;
                attachment.TakeInput();
            }
        }

        Engine?.SendDone(requestId, 0);
    }

    /// <summary>Takes over a process of a monitor that was killed. Its output is read once all have been taken over.</summary>
    public void Adopt(uint requestId, ProcessRecord record, DescriptorKinds kinds, ReadOnlySpan<int> descriptors)
    {
        var process = new MonitoredProcess(this, record);
        if (!_processes.TryAdd((record.Id, record.ExecId), process))
        {
            CloseAll(descriptors);
            Engine?.SendDone(requestId, 0);
            return;
        }

        var next = 0;
        process.PidFd = Take(kinds, DescriptorKinds.PidFd, descriptors, ref next);
        var stdin = Take(kinds, DescriptorKinds.Stdin, descriptors, ref next);
        var stdout = Take(kinds, DescriptorKinds.Stdout, descriptors, ref next);
        var stderr = Take(kinds, DescriptorKinds.Stderr, descriptors, ref next);
        var terminal = Take(kinds, DescriptorKinds.Terminal, descriptors, ref next);
        Engine?.SendDone(requestId, 0);
        if (process.IsRunning)
        {
            process.OpenLog();
            process.SetStdio(stdin, stdout, stderr, terminal);
            process.Pumps.ForEach(static pump => pump.Resume());
            _byPid[record.Pid] = process;
            if (!AwaitsAdoption)
            {
                // A start during which the last monitor was killed; nothing was read of it.
                StartAdopted(process);
            }
        }
    }

    /// <summary>Starts what <see cref="Adopt"/> prepared.</summary>
    public void FinishAdoption(uint requestId)
    {
        AwaitsAdoption = false;
        Journal.ReleaseUnclaimed(slot => _processes.Values.Any(process => process.Pumps.Exists(pump => pump.Slot == slot)));
        Engine?.SendDone(requestId, 0);
        foreach (var process in _processes.Values.Where(static process => process.IsRunning).ToArray())
        {
            StartAdopted(process);
        }
    }

    public void Forget(uint requestId, string id, string execId)
    {
        if (Find(id, execId) is { } process)
        {
            if (process.IsRunning)
            {
                Engine?.SendFailed(requestId, ErrorKind.Conflict, $"process {id} {execId} is running");
                return;
            }

            process.Release();
            _processes.Remove((id, execId));
        }

        Engine?.SendDone(requestId, 0);
    }

    public void Invoke(uint requestId, List<string> arguments, List<string> environment)
    {
        try
        {
            var pid = ProcessSpawn.Start(new SpawnOptions
            {
                Path = _programs.Resolve(arguments[0]),
                Arguments = arguments,
                Environment = [.. _environment, .. environment],
                Stdin = _nullDevice,
                Stdout = _nullDevice,
                Stderr = _nullDevice,
            });
            _invocations.Add(pid, (Engine, requestId));
        }
        catch (LinuxException e)
        {
            Engine?.SendFailed(requestId, ErrorKind.Internal, e.Message);
        }
    }

    private void StartAdopted(MonitoredProcess process)
    {
        process.StartPumps();
        StartWatches(process);
        if (process.PidFd >= 0)
        {
            process.ExitWatch = new PidFdWatch(Loop, process, EndAdopted);
        }
        else
        {
            EndAdopted(process, null);
        }
    }

    private static int Take(DescriptorKinds kinds, DescriptorKinds kind, ReadOnlySpan<int> descriptors, ref int next) =>
        (kinds & kind) != 0 && next < descriptors.Length ? descriptors[next++] : -1;

    private static void CloseAll(ReadOnlySpan<int> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            RawFiles.Close(descriptor);
        }
    }

    private static void CloseAttachments(LaunchRequest request)
    {
        foreach (var (_, _, fd) in request.Attachments)
        {
            RawFiles.Close(fd);
        }

        request.Attachments.Clear();
    }

    private bool IsLaunching(ProcessRecord record) =>
        _launches.Values.Any(launch => launch.Record.Id == record.Id && launch.Record.ExecId == record.ExecId);
}
