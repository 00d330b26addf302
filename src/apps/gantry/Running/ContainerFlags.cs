using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Running;

/// <summary>The flags that run and create share: what the container is. Limits, networks and health are in files of their own.</summary>
internal sealed class ContainerFlags
{
    public ContainerFlags(FlagSet flags)
    {
        Resources = new ResourceFlags(flags);
        Network = new NetworkFlags(flags);
        Health = new HealthFlags(flags);
        Annotations = flags.Map("annotation", "Add an annotation to the container (passed through to the OCI runtime)");
        Attach = flags.List("attach", "Attach to STDIN, STDOUT or STDERR", 'a', FlagChecks.StreamName);
        CapAdd = flags.List("cap-add", "Add Linux capabilities");
        CapDrop = flags.List("cap-drop", "Drop Linux capabilities");
        CgroupNamespace = flags.String(
            "cgroupns",
            "Cgroup namespace to use (host|private)\n'host':    Run the container in the Docker host's cgroup namespace\n"
            + "'private': Run the container in its own private cgroup namespace\n'':        Use the cgroup namespace as configured by the\n"
            + "           default-cgroupns-mode option on the daemon (default)");
        IdFile = flags.String("cidfile", "Write the container ID to the file");
        Devices = flags.List("device", "Add a host device to the container");
        DeviceCgroupRules = flags.List("device-cgroup-rule", "Add a rule to the cgroup allowed devices list", check: FlagChecks.DeviceCgroupRule);
        Entrypoint = flags.String("entrypoint", "Overwrite the default ENTRYPOINT of the image");
        Environment = flags.List("env", "Set environment variables", 'e', FlagChecks.EnvironmentVariable);
        EnvironmentFiles = flags.List("env-file", "Read in a file of environment variables");
        Gpus = flags.Values("gpus", "gpu-request", "GPU devices to add to the container ('all' to pass all GPUs)", GpuFlag.Parse);
        Groups = flags.List("group-add", "Add additional groups to join");
        Init = flags.Bool("init", "Run an init inside the container that forwards signals and reaps processes");
        Interactive = flags.Bool("interactive", "Keep STDIN open even if not attached", 'i');
        Ipc = flags.String("ipc", "IPC mode to use");
        Isolation = flags.String("isolation", "Container isolation technology");
        Labels = flags.List("label", "Set meta data on a container", 'l', FlagChecks.Label);
        LabelFiles = flags.List("label-file", "Read in a line delimited file of labels");
        LogDriver = flags.String("log-driver", "Logging driver for the container");
        LogOptions = flags.List("log-opt", "Log driver options");
        Mounts = flags.Values("mount", "mount", "Attach a filesystem mount to the container", MountFlag.Parse);
        Pid = flags.String("pid", "PID namespace to use");
        Privileged = flags.Bool("privileged", "Give extended privileges to this container");
        ReadOnly = flags.Bool("read-only", "Mount the container's root filesystem as read only");
        Restart = flags.String("restart", "Restart policy to apply when a container exits", value: "no");
        AutoRemove = flags.Bool("rm", "Automatically remove the container and its associated anonymous volumes when it exits");
        Runtime = flags.String("runtime", "Runtime to use for this container");
        SecurityOptions = flags.List("security-opt", "Security Options");
        StopSignal = flags.String("stop-signal", "Signal to stop the container");
        StopTimeout = flags.Int("stop-timeout", "Timeout (in seconds) to stop a container");
        StorageOptions = flags.List("storage-opt", "Storage driver options for the container");
        Sysctls = flags.Map("sysctl", "Sysctl options", check: FlagChecks.Sysctl);
        Tmpfs = flags.List("tmpfs", "Mount a tmpfs directory");
        Tty = flags.Bool("tty", "Allocate a pseudo-TTY", 't');
        User = flags.String("user", "Username or UID (format: <name|uid>[:<group|gid>])", 'u');
        UserNamespace = flags.String("userns", "User namespace to use");
        Uts = flags.String("uts", "UTS namespace to use");
        Volumes = flags.List("volume", "Bind mount a volume", 'v');
        VolumeDriver = flags.String("volume-driver", "Optional volume driver for the container");
        VolumesFrom = flags.List("volumes-from", "Mount volumes from the specified container(s)");
        WorkingDirectory = flags.String("workdir", "Working directory inside the container", 'w');

        // -h is the host name here, so that --help stands in the list.
        flags.Bool("help", "Print usage");
    }

    public ResourceFlags Resources { get; }

    public NetworkFlags Network { get; }

    public HealthFlags Health { get; }

    public ListFlag<KeyValuePair<string, string>> Annotations { get; }

    public ListFlag<string> Attach { get; }

    public ListFlag<string> CapAdd { get; }

    public ListFlag<string> CapDrop { get; }

    public Flag<string> CgroupNamespace { get; }

    public Flag<string> IdFile { get; }

    public ListFlag<string> Devices { get; }

    public ListFlag<string> DeviceCgroupRules { get; }

    public Flag<string> Entrypoint { get; }

    public ListFlag<string> Environment { get; }

    public ListFlag<string> EnvironmentFiles { get; }

    public ListFlag<DeviceRequest> Gpus { get; }

    public ListFlag<string> Groups { get; }

    public Flag<bool> Init { get; }

    public Flag<bool> Interactive { get; }

    public Flag<string> Ipc { get; }

    public Flag<string> Isolation { get; }

    public ListFlag<string> Labels { get; }

    public ListFlag<string> LabelFiles { get; }

    public Flag<string> LogDriver { get; }

    public ListFlag<string> LogOptions { get; }

    public ListFlag<Mount> Mounts { get; }

    public Flag<string> Pid { get; }

    public Flag<bool> Privileged { get; }

    public Flag<bool> ReadOnly { get; }

    public Flag<string> Restart { get; }

    public Flag<bool> AutoRemove { get; }

    public Flag<string> Runtime { get; }

    public ListFlag<string> SecurityOptions { get; }

    public Flag<string> StopSignal { get; }

    public Flag<long> StopTimeout { get; }

    public ListFlag<string> StorageOptions { get; }

    public ListFlag<KeyValuePair<string, string>> Sysctls { get; }

    public ListFlag<string> Tmpfs { get; }

    public Flag<bool> Tty { get; }

    public Flag<string> User { get; }

    public Flag<string> UserNamespace { get; }

    public Flag<string> Uts { get; }

    public ListFlag<string> Volumes { get; }

    public Flag<string> VolumeDriver { get; }

    public ListFlag<string> VolumesFrom { get; }

    public Flag<string> WorkingDirectory { get; }
}
