using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Volumes;

/// <summary>Volumes made from type, o and device: mounted when the first container takes them, unmounted when the last lets go.</summary>
public sealed partial class VolumeStore
{
    private readonly Dictionary<string, HashSet<string>> _users = [];

    /// <summary>Makes the volume's directory usable for one more container (mounts device volumes on first use) and returns its host path.</summary>
    /// <exception cref="GantryException">NotFound; Internal with Docker's text when the mount fails.</exception>
    public string Acquire(string name, string containerId)
    {
        if ((Find(name) ?? Probe(name)) is { } foreign && foreign.Driver != Local)
        {
            return MountWithPlugin(foreign, containerId);
        }

        lock (_lock)
        {
            var volume = Get(name);
            Directory.CreateDirectory(volume.Mountpoint);
            if (VolumeOptions.IsMount(volume.Options) && !MountTable.IsMountPoint(volume.Mountpoint))
            {
                MountDevice(volume);
            }

            UsersOf(name).Add(containerId);
            return volume.Mountpoint;
        }
    }

    /// <summary>The counterpart of <see cref="Acquire"/>; unknown names and containers are fine.</summary>
    public void Release(string name, string containerId)
    {
        if ((Find(name) ?? (IsUsed(name) ? Probe(name) : null)) is { } foreign && foreign.Driver != Local)
        {
            UnmountWithPlugin(foreign, containerId);
            return;
        }

        lock (_lock)
        {
            if (_users.TryGetValue(name, out var users) && users.Remove(containerId) && users.Count == 0)
            {
                _users.Remove(name);
                Unmount(name);
            }
        }
    }

    private bool IsUsed(string name)
    {
        lock (_lock)
        {
            return _users.ContainsKey(name);
        }
    }

    private void Unmount(string name)
    {
        if (Find(name) is { Driver: Local } volume && VolumeOptions.IsMount(volume.Options) && MountTable.IsMountPoint(volume.Mountpoint))
        {
            Linux.Mounts.Unmount(volume.Mountpoint, UnmountFlags.Detach);
        }
    }

    private static void MountDevice(VolumeRecord volume)
    {
        var (type, device) = (volume.Options!["type"], volume.Options["device"]);
        var (flags, data) = MountOptions.Parse(volume.Options.GetValueOrDefault("o") ?? string.Empty);
        try
        {
            Linux.Mounts.Mount(device, volume.Mountpoint, type, flags, data);
        }
        catch (LinuxException e)
        {
            throw GantryException.Internal($"error while mounting volume '{volume.Mountpoint}': failed to mount local volume: mount {device}:{volume.Mountpoint}, "
                + $"{(flags == 0 ? string.Empty : $"flags: 0x{(uint)flags:x}")}{(flags != 0 && data.Length > 0 ? ", " : string.Empty)}{(data.Length > 0 ? $"data: {data}" : string.Empty)}: "
                + System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(e.Errno).ToLowerInvariant(), e);
        }
    }
}
