using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Device nodes of the host for a container to have.</summary>
internal static class HostDevices
{
    /// <summary>Directories of /dev that are filesystems of their own or other containers'.</summary>
    private static readonly HashSet<string> s_skipped = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"];

    /// <summary>Every device node below /dev, for privileged containers. The console is the container's own.</summary>
    internal static List<LinuxDevice> All()
    {
        var devices = new List<LinuxDevice>();
        Collect("/dev", devices, path => path == "/dev/console" ? null : path);
        return devices;
    }

    /// <summary>
    /// The node at <paramref name="hostPath"/> (or those below it, when it is a directory) under <paramref name="containerPath"/>.
    /// Throws Internal when there is none.
    /// </summary>
    internal static List<LinuxDevice> From(string hostPath, string containerPath)
    {
        var error = -FileAt.TryStat(FileAt.CurrentDirectory, hostPath, out var status, followLink: true);
        if (error != 0)
        {
            throw Failed(hostPath, new LinuxException("stat", error, hostPath), System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant());
        }

        if (IsDevice(status))
        {
            return [ToDevice(containerPath, status)];
        }

        var devices = new List<LinuxDevice>();
        if (status.Kind == FileKind.Directory)
        {
            var target = containerPath.TrimEnd('/');
            var source = hostPath.TrimEnd('/');
            Collect(source, devices, path => target + path[source.Length..]);
        }

        return devices.Count > 0 ? devices : throw Failed(hostPath, null, "not a device node");
    }

    private static void Collect(string directory, List<LinuxDevice> devices, Func<string, string?> rename)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(directory).Order(StringComparer.Ordinal))
        {
            // Nodes come and go while we look; one that is gone is none.
            if (FileAt.TryStat(FileAt.CurrentDirectory, path, out var status) != 0)
            {
                continue;
            }

            if (status.Kind == FileKind.Directory)
            {
                if (!s_skipped.Contains(Path.GetFileName(path)))
                {
                    Collect(path, devices, rename);
                }
            }
            else if (IsDevice(status) && rename(path) is { } name)
            {
                devices.Add(ToDevice(name, status));
            }
        }
    }

    private static bool IsDevice(FileStatus status) => status.Kind is FileKind.CharacterDevice or FileKind.BlockDevice;

    private static LinuxDevice ToDevice(string path, FileStatus status) => new()
    {
        Path = path,
        Type = status.Kind == FileKind.BlockDevice ? "b" : "c",
        Major = status.DeviceMajor,
        Minor = status.DeviceMinor,
        FileMode = (uint)status.Mode,
        Uid = status.UserId,
        Gid = status.GroupId,
    };

    private static GantryException Failed(string path, Exception? inner, string reason) =>
        GantryException.Internal($"error gathering device information while adding custom device \"{path}\": {reason}", inner);
}
