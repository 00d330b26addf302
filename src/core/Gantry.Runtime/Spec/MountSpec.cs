using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>The mounts of a container: the kernel's filesystems, then tmpfs and binds with parents before children.</summary>
internal sealed class MountSpec(HostConfig hostConfig, SpecContext context, SecurityOptions security)
{
    private const string InitPathInContainer = "/sbin/docker-init";
    private const string HostQueues = "/dev/mqueue";

    /// <summary>Mounts that stay writable under a read-only root; the container could not run without.</summary>
    private static readonly HashSet<string> s_alwaysWritable = ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"];

    /// <summary>Files that tools like lxcfs put their own in place of.</summary>
    private static readonly HashSet<string> s_allowedInProc =
    [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg", "/proc/slabinfo",
        "/proc/net/dev", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
    ];

    internal IReadOnlyList<RuntimeMount> Build(bool withInit)
    {
        var user = TmpfsMounts().Concat(context.Mounts.Select(ToBind)).OrderBy(mount => Depth(mount.Destination)).ToList();
        var mine = user.Select(mount => mount.Destination).ToHashSet();
        var mounts = Defaults().Where(mount => !Overridden(mount.Destination, mine)).ToList();
        mounts.AddRange(Shm().Where(mount => !Overridden(mount.Destination, mine)));
        if (withInit)
        {
            mounts.Add(Mount(InitPathInContainer, "bind", context.InitPath!, "bind", "ro"));
        }

        mounts.AddRange(user);

        return hostConfig.ReadonlyRootfs == true ? [.. mounts.Select(mount => mine.Contains(mount.Destination) ? mount : ReadOnly(mount))] : mounts;
    }

    /// <summary>
    /// A bind with shared or slave propagation needs the root to pass mounts on; null keeps the runtime's private root.
    /// </summary>
    internal string? RootPropagation()
    {
        var wanted = context.Mounts.Select(mount => mount.Propagation).ToHashSet();
        return wanted.Overlaps(["shared", "rshared"]) ? "shared" : wanted.Overlaps(["slave", "rslave"]) ? "rslave" : null;
    }

    private IEnumerable<RuntimeMount> Defaults()
    {
        var writable = hostConfig.Privileged == true;
        yield return Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev");
        yield return Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
        yield return Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5");
        yield return writable
            ? Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev")
            : Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro");
        yield return writable || security.WritableCgroups
            ? Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev")
            : Mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid", "noexec", "nodev");
        if (!Modes.IsHost(hostConfig.IpcMode) || !NamespaceSpec.IsUserPrivate(hostConfig, context))
        {
            yield return Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev");
        }
        else if (Directory.Exists(HostQueues))
        {
            // A user namespace may not mount the queues of the host's IPC namespace, but look at where the host has them.
            yield return Mount(HostQueues, "bind", HostQueues, "rbind", "rprivate", "nosuid", "noexec", "nodev");
        }
    }

    private IEnumerable<RuntimeMount> Shm()
    {
        var mode = hostConfig.IpcMode;
        if (Modes.IsHost(mode))
        {
            yield return Mount("/dev/shm", "bind", "/dev/shm", "rbind", "rprivate");
        }
        else if (mode == "shareable" || Modes.Container(mode) is not null)
        {
            var path = context.ShmPath ?? throw GantryException.Internal($"IPC mode {mode} without a path of its /dev/shm");
            yield return Mount("/dev/shm", "bind", path, "rbind", "rprivate");
        }
        else if (mode != "none")
        {
            var size = hostConfig.ShmSize is > 0 ? hostConfig.ShmSize.Value : 64 * 1024 * 1024;
            yield return Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", $"size={size}");
        }
    }

    private IEnumerable<RuntimeMount> TmpfsMounts()
    {
        var fromMounts = (hostConfig.Mounts ?? []).Where(mount => mount.Type == "tmpfs")
            .Select(mount => (Destination: mount.Target ?? string.Empty, Options: (string?)TmpfsOptions.FromMount(mount)));
        var fromTmpfs = (hostConfig.Tmpfs ?? []).Select(pair => (Destination: pair.Key, Options: (string?)pair.Value));
        foreach (var (destination, options) in fromMounts.Concat(fromTmpfs))
        {
            TmpfsOptions.CheckDestination(destination);
            yield return Mount(Clean(destination), "tmpfs", "tmpfs", [.. TmpfsOptions.Merge(options)]);
        }
    }

    private RuntimeMount ToBind(ContainerMount mount)
    {
        var options = new List<string> { mount.NonRecursive ? "bind" : "rbind" };
        if (mount.ReadOnly)
        {
            options.Add(ReadOnlyOption(mount));
        }
        else if (mount.FromEngine && hostConfig.ReadonlyRootfs == true)
        {
            options.Add("ro");
        }

        if (!string.IsNullOrEmpty(mount.Propagation))
        {
            // crun takes the recursion of a propagation for the bind's; of one mount alone "rprivate" and "private" say the same.
            options.Add(mount.NonRecursive && mount.Propagation[0] == 'r' ? mount.Propagation[1..] : mount.Propagation);
        }

        var destination = Clean(mount.Destination);
        CheckOutsideProc(mount.Source, destination);
        return Mount(destination, "bind", mount.Source, [.. options]);
    }

    /// <summary>runc refuses these; crun mounts them, over what the engine keeps read-only or out of sight.</summary>
    private void CheckOutsideProc(string source, string destination)
    {
        if (destination.StartsWith("/proc/", StringComparison.Ordinal) && !s_allowedInProc.Contains(destination))
        {
            var path = context.RootfsPath + destination;
            throw GantryException.InvalidArgument(
                $"failed to create task for container: failed to create shim task: OCI runtime create failed: error mounting \"{source}\" to rootfs at \"{destination}\": "
                + $"create mountpoint for {destination} mount: check proc-safety of {destination} mount: \"{path}\" cannot be mounted because it is inside /proc: unknown");
        }
    }

    private string ReadOnlyOption(ContainerMount mount)
    {
        if (mount.ReadOnlyNonRecursive && mount.ReadOnlyForceRecursive)
        {
            throw GantryException.InvalidArgument("mount options conflict: ReadOnlyNonRecursive && ReadOnlyForceRecursive");
        }

        if (mount.ReadOnlyNonRecursive || mount.NonRecursive)
        {
            return "ro";
        }

        // Nothing can be mounted below a file, and crun 1.8 takes "rro" for directories only.
        return !Directory.Exists(mount.Source) ? "ro"
            : context.Host.RecursiveReadOnly ? "rro"
            : !mount.ReadOnlyForceRecursive ? "ro"
            : throw GantryException.InvalidArgument($"failed to apply recursive read-only mount: kernel {context.Host.KernelVersion} is older than 5.12");
    }

    /// <summary>A user's mount replaces ours at the same place, and a /dev of the user's all below it.</summary>
    private static bool Overridden(string destination, HashSet<string> mine) =>
        mine.Contains(destination) || (mine.Contains("/dev") && destination.StartsWith("/dev/", StringComparison.Ordinal));

    private static RuntimeMount ReadOnly(RuntimeMount mount)
    {
        var options = mount.Options ?? [];
        return s_alwaysWritable.Contains(mount.Destination) || options.Contains("ro") || options.Contains("rro")
            ? mount
            : mount with { Options = [.. options, "ro"] };
    }

    private static RuntimeMount Mount(string destination, string type, string source, params string[] options) =>
        new() { Destination = destination, Type = type, Source = source, Options = options };

    /// <summary>Without empty, <c>.</c> and <c>..</c> parts and without a slash at the end.</summary>
    private static string Clean(string destination) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));

    private static int Depth(string destination) => destination.Count(c => c == '/');
}
