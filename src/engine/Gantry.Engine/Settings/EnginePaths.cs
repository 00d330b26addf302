namespace Gantry.Engine.Settings;

/// <summary>Where the engine keeps what it has of each container.</summary>
internal sealed class EnginePaths(EngineSettings settings)
{
    internal string Containers { get; } = Path.Combine(settings.DataRoot, "containers");

    internal string Bundles { get; } = Path.Combine(settings.ExecRoot, "bundles");

    /// <summary>Log and files of one container; removed with it.</summary>
    internal string Container(string id) => Path.Combine(Containers, id);

    internal string Log(string id) => Path.Combine(Container(id), id + "-json.log");

    /// <summary>The log of every driver but json-file.</summary>
    internal string LocalLog(string id) => Path.Combine(Container(id), "local-logs", "container.log");

    internal string Hostname(string id) => Path.Combine(Container(id), "hostname");

    internal string Hosts(string id) => Path.Combine(Container(id), "hosts");

    internal string ResolvConf(string id) => Path.Combine(Container(id), "resolv.conf");

    /// <summary>Configuration and mount point of one running container.</summary>
    internal string Bundle(string id) => Path.Combine(Bundles, id);

    internal string Rootfs(string id) => Path.Combine(Bundles, id, "rootfs");

    /// <summary>Shared memory of a container whose IPC namespace others may join.</summary>
    internal string Shm(string id) => Path.Combine(Bundles, id, "shm");

    internal string Inspections { get; } = Path.Combine(settings.ExecRoot, "inspect");

    /// <summary>Mount point for looking into a container that doesn't run (cp, export).</summary>
    internal string Inspection(string id) => Path.Combine(Inspections, id);
}
