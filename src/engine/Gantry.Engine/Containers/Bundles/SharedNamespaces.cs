using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Bundles;

/// <summary>Namespaces and shared memory that containers share with each other (<c>--pid</c> and <c>--ipc</c> <c>container:NAME</c>).</summary>
internal sealed class SharedNamespaces(EngineCore core)
{
    /// <summary>Null unless the mode names a container.</summary>
    internal string? PidPath(HostConfig host) =>
        NetworkSelection.IsContainer(host.PidMode) ? PathOf(Other(host.PidMode!, "PID"), "pid") : null;

    /// <summary>Null unless the mode names a container.</summary>
    internal string? IpcPath(HostConfig host)
    {
        if (!NetworkSelection.IsContainer(host.IpcMode))
        {
            return null;
        }

        var other = Other(host.IpcMode!, "IPC");
        return other.HostConfig.IpcMode == "shareable"
            ? PathOf(other, "ipc")
            : throw GantryException.InvalidArgument($"failed to join IPC namespace: container {other.Id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)");
    }

    /// <summary>
    /// User namespace of the container whose namespaces of another kind are joined: to act in them a process must be in it too. Null where there are
    /// no user namespaces, and unless a mode names a container that has one.
    /// </summary>
    internal string? UserPath(HostConfig host)
    {
        if (core.Settings.Ids is null)
        {
            return null;
        }

        var other = NetworkSelection.IsContainer(host.PidMode) ? Other(host.PidMode!, "PID")
            : NetworkSelection.IsContainer(host.IpcMode) ? Other(host.IpcMode!, "IPC")
            : null;
        return other is null || other.HostConfig.UsernsMode == "host" ? null : PathOf(other, "user");
    }

    /// <summary>Host path of the shared memory that a container shares or joins; made for the one that shares.</summary>
    internal string? ShmPath(ContainerRecord record)
    {
        if (NetworkSelection.IsContainer(record.HostConfig.IpcMode))
        {
            return core.Paths.Shm(Other(record.HostConfig.IpcMode!, "IPC").Id);
        }

        return record.HostConfig.IpcMode == "shareable" ? MountShm(record) : null;
    }

    /// <summary>Not mounted is fine.</summary>
    internal void UnmountShm(string id)
    {
        var path = core.Paths.Shm(id);
        if (Directory.Exists(path))
        {
            _ = Linux.Mounts.TryUnmount(path, UnmountFlags.Detach);
        }
    }

    private string MountShm(ContainerRecord record)
    {
        var path = core.Paths.Shm(record.Id);
        Directory.CreateDirectory(path);
        var size = (record.HostConfig.ShmSize ?? core.Settings.DefaultShmSize).ToString(CultureInfo.InvariantCulture);
        Linux.Mounts.Mount("shm", path, "tmpfs", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, $"mode=1777,size={size}");
        core.Settings.Ids?.GiveToRoot(path);
        return path;
    }

    private ContainerRecord Other(string mode, string what)
    {
        var other = core.Containers.Get(mode[NetworkSelection.ContainerPrefix.Length..]).Record;
        return other.State.Phase == ContainerPhase.Restarting
            ? throw GantryException.Conflict($"failed to join {what} namespace: container {other.Id} is restarting: wait until the container is running")
            : other.State.IsActive ? other
            : throw NotRunning(what, other.Id);
    }

    /// <summary>The statuses differ in Docker too: another's IPC is a conflict, another's processes a failure.</summary>
    private static GantryException NotRunning(string what, string id)
    {
        var text = $"failed to join {what} namespace: container {id} is not running";
        return what == "IPC" ? GantryException.Conflict(text) : GantryException.Internal(text);
    }

    private static string PathOf(ContainerRecord record, string kind) => $"/proc/{record.State.Pid}/ns/{kind}";
}
