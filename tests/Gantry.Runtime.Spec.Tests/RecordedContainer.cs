using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

/// <summary>
/// What Docker Engine 26.1 made of a <c>docker run</c>: the container's configuration as inspect shows it (empty members left out)
/// and the config.json it gave to runc. Recorded/NAME.json; host devices of privileged containers and seccomp rules are left out.
/// </summary>
internal sealed class RecordedContainer
{
    private static readonly string[] s_engineFiles = ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts"];

    private RecordedContainer(JsonNode record)
    {
        Config = record["config"].Deserialize(ApiJson.Default.ContainerConfig)!;
        HostConfig = record["hostConfig"].Deserialize(ApiJson.Default.HostConfig)!;
        Spec = record["spec"]!.AsObject();
    }

    internal static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order();

    internal ContainerConfig Config { get; }

    internal HostConfig HostConfig { get; }

    internal JsonObject Spec { get; }

    internal bool HasSeccomp => Spec["hasSeccomp"]!.GetValue<bool>();

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Recorded");

    internal static RecordedContainer Load(string name) => new(JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")))!);

    /// <summary>The context Docker had, taken from the record where it is not a result of the building.</summary>
    internal SpecContext Context()
    {
        var linux = Spec["linux"]!;
        string? NamespacePath(string type) => linux["namespaces"]!.AsArray().FirstOrDefault(n => n!["type"]!.GetValue<string>() == type)?["path"]?.GetValue<string>();
        return new SpecContext
        {
            ContainerId = Path.GetFileName(linux["cgroupsPath"]!.GetValue<string>()),
            RootfsPath = "/rootfs",
            Host = TestHost.Facts,
            User = Spec["process"]!["user"].Deserialize(UserJson)!,
            Mounts = [.. UserMounts(), .. s_engineFiles.Select(file => new ContainerMount { Source = Source(file), Destination = file, Propagation = "rprivate", FromEngine = true })],
            NetworkNamespacePath = NamespacePath("network"),
            PidNamespacePath = NamespacePath("pid"),
            IpcNamespacePath = NamespacePath("ipc"),
            ShmPath = Source("/dev/shm"),
            InitPath = "/usr/bin/docker-init",
        };
    }

    private static System.Text.Json.Serialization.Metadata.JsonTypeInfo<RuntimeUser> UserJson => RuntimeSpecJson.Default.RuntimeUser;

    /// <summary>What the engine would find for the record's -v and --mount.</summary>
    private IEnumerable<ContainerMount> UserMounts()
    {
        foreach (var mount in (HostConfig.Mounts ?? []).Where(m => m.Type != "tmpfs"))
        {
            yield return new ContainerMount
            {
                Source = mount.Source ?? Source(mount.Target!),
                Destination = mount.Target!,
                ReadOnly = mount.ReadOnly == true,
                Propagation = mount.Type == "bind" ? "rprivate" : null,
                NonRecursive = mount.BindOptions?.NonRecursive == true,
                ReadOnlyNonRecursive = mount.BindOptions?.ReadOnlyNonRecursive == true,
            };
        }

        foreach (var bind in HostConfig.Binds ?? [])
        {
            var parts = bind.Split(':');
            yield return new ContainerMount
            {
                Source = Source(parts[1]),
                Destination = parts[1],
                ReadOnly = parts.ElementAtOrDefault(2) == "ro",
                Propagation = parts[0].StartsWith('/') ? "rprivate" : null,
            };
        }
    }

    private string Source(string destination) =>
        Spec["mounts"]!.AsArray().FirstOrDefault(m => m!["destination"]!.GetValue<string>() == destination)?["source"]?.GetValue<string>() ?? string.Empty;
}
