using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Plugins.State;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Runtime;
using Gantry.Runtime.Spec;
using LogConfig = Gantry.Runtime.LogConfig;
using PluginMount = Gantry.Plugins.Managed.PluginMount;

namespace Gantry.Engine.Plugins.Running;

/// <summary>Writes the OCI bundle of a plugin: an ordinary container's, with what its configuration asks for beyond that.</summary>
internal sealed class PluginBundle(EngineCore core, PluginPaths paths)
{
    /// <summary>Where a plugin makes its socket.</summary>
    private const string SocketsInside = "/run/docker/plugins";

    private const int MaxLog = 1 << 20;
    private const string Frame = "failed to create task for container: failed to create shim task: OCI runtime create failed: ";

    /// <summary>Writes the bundle; its root file system is mounted.</summary>
    /// <exception cref="GantryException">What the plugin wants can't be had on this host; Docker's words where it has some.</exception>
    internal TaskSpec Write(PluginRecord record)
    {
        var configuration = record.Configuration;
        List<string> arguments = [.. configuration.Entrypoint ?? [], .. record.Settings.Args];
        if (arguments.Count == 0)
        {
            throw GantryException.Internal(Frame + "args must not be empty: unknown");
        }

        var config = new ContainerConfig { Cmd = arguments, Env = [.. record.Settings.Env], WorkingDir = configuration.WorkDir };
        var host = HostConfigCompletion.Complete(HostConfigOf(record), core.Settings, core.Host);
        var context = new SpecContext
        {
            ContainerId = record.Id,
            RootfsPath = paths.Rootfs(record.Id),
            Host = core.Host,
            User = new RuntimeUser(configuration.User.Uid, configuration.User.Gid),
            CgroupParent = core.Settings.CgroupParent,
        };
        var spec = OciSpecBuilder.Build(config, host, context);
        spec = spec with { Mounts = Merge(spec.Mounts, Mounts(record)) };
        if (configuration.PropagatedMount.Length > 0)
        {
            spec = spec with { Linux = spec.Linux! with { RootfsPropagation = "rshared" } };
        }

        var bundle = paths.Bundle(record.Id);
        using (var file = new FileStream(Path.Combine(bundle, "config.json"), FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, spec, RuntimeSpecJson.Default.RuntimeSpec);
        }

        return new TaskSpec
        {
            Id = record.Id,
            BundlePath = bundle,
            CgroupsPath = OciSpecBuilder.CgroupsPath(host, context),
            RuntimeName = host.Runtime,
            SharedPidNamespace = configuration.PidHost,
            Log = new LogConfig { Driver = "json-file", Path = paths.Log(record.Id), MaxSize = MaxLog, MaxFiles = 2 },
        };
    }

    /// <summary>As Docker's plugins: no new privileges, no system call filter, in the host's user namespace.</summary>
    private static HostConfig HostConfigOf(PluginRecord record)
    {
        var configuration = record.Configuration;
        return new HostConfig
        {
            // All but the host's is a namespace with nothing but loopback in it.
            NetworkMode = configuration.Network.Type == "host" ? "host" : "none",
            IpcMode = configuration.IpcHost ? "host" : "private",
            PidMode = configuration.PidHost ? "host" : "",
            UsernsMode = "host",

            // Whatever the daemon does for containers: a plugin is its own first process.
            Init = false,
            CapAdd = configuration.Linux.Capabilities,
            SecurityOpt = ["no-new-privileges", "seccomp=unconfined", "apparmor=unconfined"],
            Devices = [.. record.Settings.Devices.Where(d => d.Path is not null).Select(d => new DeviceMapping { PathOnHost = d.Path, PathInContainer = d.Path, CgroupPermissions = "rwm" })],
            DeviceCgroupRules = configuration.Linux.AllowAllDevices ? ["a *:* rwm"] : null,
            LogConfig = new Api.LogConfig { Type = "none", Config = [] },
        };
    }

    private IEnumerable<RuntimeMount> Mounts(PluginRecord record)
    {
        var configuration = record.Configuration;
        if (configuration.PropagatedMount.Length > 0)
        {
            yield return Bind(paths.PropagatedMount(record.Id), configuration.PropagatedMount, "rbind", "rw", "rshared");
        }

        foreach (var mount in record.Settings.Mounts)
        {
            yield return Checked(mount);
        }

        yield return Bind(paths.Sockets(record.Id), SocketsInside, "rbind", "rshared");
        if (MetricsCollector.Is(record))
        {
            yield return Bind(paths.Metrics, MetricsCollector.SocketInside, "bind", "ro");
        }

        if (configuration.Network.Type.Length > 0)
        {
            yield return Bind("/etc/hosts", "/etc/hosts", "rbind", "ro");
            yield return Bind("/etc/resolv.conf", "/etc/resolv.conf", "rbind", "ro");
        }
    }

    private static RuntimeMount Checked(PluginMount mount)
    {
        if (mount.Source is null)
        {
            throw GantryException.Internal("mount source is not specified");
        }

        if (!mount.Destination.StartsWith('/'))
        {
            throw GantryException.Internal($"{Frame}mount destination {mount.Destination} is not absolute: unknown");
        }

        return mount.Type == "bind" && !Path.Exists(mount.Source)
            ? throw GantryException.Internal(
                $"{Frame}unable to start container process: error during container init: error mounting \"{mount.Source}\" to rootfs at \"{mount.Destination}\": "
                + $"create mount destination for {mount.Destination} mount: bind mount source stat: stat {mount.Source}: no such file or directory: unknown")
            : new RuntimeMount { Type = mount.Type, Source = mount.Source, Destination = mount.Destination, Options = mount.Options };
    }

    /// <summary>A plugin's mount replaces ours at the same place, and a /dev of the plugin's all below it. Parents come before what is in them.</summary>
    private static List<RuntimeMount> Merge(IReadOnlyList<RuntimeMount> ours, IEnumerable<RuntimeMount> wanted)
    {
        var plugins = wanted.OrderBy(m => m.Destination.TrimEnd('/').Count(c => c == '/')).ToList();
        var places = plugins.Select(m => Path.TrimEndingDirectorySeparator(m.Destination)).ToHashSet();
        return
        [
            .. ours.Where(m => !places.Contains(m.Destination) && !(places.Contains("/dev") && m.Destination.StartsWith("/dev/", StringComparison.Ordinal))),
            .. plugins,
        ];
    }

    private static RuntimeMount Bind(string source, string destination, params string[] options) =>
        new() { Type = "bind", Source = source, Destination = destination, Options = options };
}
