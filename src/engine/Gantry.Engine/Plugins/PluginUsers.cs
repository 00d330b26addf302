using Gantry.Engine.Containers.State;

namespace Gantry.Engine.Plugins;

/// <summary>Who needs a plugin. Counted when it is asked for, so that no count can be wrong after a kill.</summary>
internal sealed class PluginUsers(EngineCore core)
{
    /// <summary>Volumes and networks on record, and running containers that log with it.</summary>
    internal int Count(string name) =>
        core.Parts.Volumes.CountOf(name)
        + core.Parts.Networks.List().Count(n => n.Driver == name || n.Ipam.Driver == name)
        + core.Containers.All().Count(c => c.State.IsActive && core.Parts.Plugins.FullName(LogDriver(c.Record)) == name);

    private static string LogDriver(ContainerRecord record) => record.HostConfig.LogConfig?.Type ?? "";
}
