using System.Text.Encodings.Web;
using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.Links;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Runtime;
using Gantry.Runtime.Spec;
using BindMount = Gantry.Runtime.Spec.ContainerMount;

namespace Gantry.Engine.Containers.Bundles;

/// <summary>Writes the OCI bundle of a container: <c>config.json</c> beside the mounted root file system.</summary>
internal sealed class BundleWriter(EngineCore core, SharedNamespaces namespaces)
{
    private const string ConfigFile = "config.json";

    // No HTML page will show it: each escaped '+' of a filter's program would be six characters, found in a buffer of a quarter of a megabyte.
    private static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes the bundle and says what the task service needs to know. The root file system is mounted.</summary>
    /// <exception cref="GantryException">InvalidArgument: something in the configuration can't be had in this image or on this host.</exception>
    internal TaskSpec Write(BundleInputs inputs)
    {
        var record = inputs.Record;
        var context = ContextFor(inputs);
        var spec = OciSpecBuilder.Build(record.Config, record.HostConfig, context);
        if (core.Runtimes.TakesSeccompPrograms(core.Settings, record.HostConfig.Runtime))
        {
            spec = SeccompPrograms.Precompile(spec);
        }

        MountTargets.Make(context.RootfsPath, spec.Mounts ?? [], core.Settings.Ids);
        var bundle = core.Paths.Bundle(record.Id);
        Directory.CreateDirectory(bundle);
        using (var file = new FileStream(Path.Combine(bundle, ConfigFile), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        using (var writer = new Utf8JsonWriter(file, s_plain))
        {
            JsonSerializer.Serialize(writer, spec, RuntimeSpecJson.Default.RuntimeSpec);
        }

        return new TaskSpec
        {
            Id = record.Id,
            BundlePath = bundle,
            CgroupsPath = OciSpecBuilder.CgroupsPath(record.HostConfig, context),
            RuntimeName = record.HostConfig.Runtime,
            Tty = record.Config.Tty == true,
            OpenStdin = record.Config.OpenStdin == true,
            ConsoleRows = Console(record, 0),
            ConsoleColumns = Console(record, 1),
            HasStopHooks = spec.Hooks?.Poststop is { Count: > 0 },
            SharedPidNamespace = !string.IsNullOrEmpty(record.HostConfig.PidMode) && record.HostConfig.PidMode != "private",
            Log = LogSettings.For(core, record),
        };
    }

    /// <summary>The process of a running container's bundle, from which execs are made.</summary>
    internal RuntimeProcess ReadProcess(string id)
    {
        using var file = File.OpenRead(Path.Combine(core.Paths.Bundle(id), ConfigFile));
        return JsonSerializer.Deserialize(file, RuntimeSpecJson.Default.RuntimeSpec)?.Process
            ?? throw GantryException.Internal($"the bundle of container {id} has no process");
    }

    /// <summary>Not there is fine. The root file system is unmounted.</summary>
    internal void Remove(string id)
    {
        namespaces.UnmountShm(id);
        Directories.Remove(core.Paths.Bundle(id));
    }

    private SpecContext ContextFor(BundleInputs inputs)
    {
        var (record, host) = (inputs.Record, inputs.Record.HostConfig);
        var rootfs = core.Paths.Rootfs(record.Id);
        return new SpecContext
        {
            ContainerId = record.Id,
            RootfsPath = rootfs,
            Host = core.Host,
            User = UserResolver.Resolve(rootfs, record.Config.User, host.GroupAdd),
            Mounts = Mounts(inputs),
            NetworkNamespacePath = inputs.Network.NamespacePath,
            Ids = core.Settings.Ids,
            Devices = core.Settings.CdiDirectories.Count > 0 ? new CdiDevices(core.Settings.CdiDirectories) : null,
            IsNetworkForeign = core.Settings.Ids is not null && host.UsernsMode != "host" && inputs.Network.UserNamespacePath is null,
            UserNamespacePath = inputs.Network.UserNamespacePath ?? namespaces.UserPath(host),
            PidNamespacePath = namespaces.PidPath(host),
            IpcNamespacePath = namespaces.IpcPath(host),
            ShmPath = namespaces.ShmPath(record),
            EngineEnvironment = LinkEnvironment.Build(core, record),
            CgroupParent = core.Settings.CgroupParent,
            InitPath = host.Init == true ? InitBinary.Find(core.Settings.InitPath) : null,
            DefaultSeccompProfile = core.Settings.SeccompProfile,
            DefaultNoNewPrivileges = core.Settings.NoNewPrivileges,
            DefaultUlimits = [.. core.Settings.DefaultUlimits.Select(u => new Ulimit { Name = u.Name, Soft = u.Soft, Hard = u.Hard })],
        };
    }

    /// <summary>The user's mounts and the three files of the engine, where the user has nothing of his own at their place.</summary>
    private List<BindMount> Mounts(BundleInputs inputs)
    {
        var mounts = inputs.Mounts.Where(m => m.Mount.Type != "tmpfs").Select(Bind).ToList();
        var owner = inputs.Network.FilesOwner;
        AddFile(mounts, core.Paths.ResolvConf(owner), "/etc/resolv.conf");
        AddFile(mounts, core.Paths.Hostname(owner), "/etc/hostname");
        AddFile(mounts, core.Paths.Hosts(owner), "/etc/hosts");
        return mounts;
    }

    private static void AddFile(List<BindMount> mounts, string source, string destination)
    {
        if (File.Exists(source) && mounts.All(m => m.Destination != destination))
        {
            mounts.Add(new BindMount { Source = source, Destination = destination, Propagation = "rprivate", FromEngine = true });
        }
    }

    private static BindMount Bind(PreparedMount prepared) => new()
    {
        Source = prepared.Source,
        Destination = prepared.Mount.Destination,
        ReadOnly = !prepared.Mount.ReadWrite,
        Propagation = prepared.Mount.Propagation,
        NonRecursive = prepared.Mount.NonRecursive,
        ReadOnlyNonRecursive = prepared.Mount.ReadOnlyNonRecursive,
        ReadOnlyForceRecursive = prepared.Mount.ReadOnlyForceRecursive,
    };

    private static int Console(ContainerRecord record, int index) =>
        record.HostConfig.ConsoleSize is { Count: 2 } size && size[index] is > 0 and <= ushort.MaxValue ? (int)size[index] : 0;
}
