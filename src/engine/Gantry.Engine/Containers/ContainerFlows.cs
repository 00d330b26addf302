using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.Checkpoints;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.Files;
using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.Lifecycle;
using Gantry.Engine.Containers.Logs;
using Gantry.Engine.Containers.Logs.Plugins;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.Networking;
using Gantry.Engine.Containers.Stats;
using Gantry.Engine.Containers.Views;
using Gantry.Engine.Exec;
using Gantry.Engine.Plugins;

namespace Gantry.Engine.Containers;

/// <summary>The flows of containers, wired once.</summary>
internal sealed class ContainerFlows
{
    internal ContainerFlows(EngineCore core, PluginService plugins)
    {
        Volumes = new VolumeUse(core);
        Networks = new NetworkUse(core);
        Rootfs = new RootfsUse(core);
        var images = new ImageMounts(core);
        Bundles = new BundleWriter(core, new SharedNamespaces(core));
        Execs = new ExecService(core, Bundles);
        var logPlugins = new LogPlugins(core);
        var health = new HealthMonitor(core, Execs);
        var shipping = new LogShipping(core, logPlugins);
        var checkpoints = new CheckpointFolders(core);
        Checkpoints = new CheckpointFlow(core, checkpoints, health);
        Create = new CreateFlow(core, Volumes, images, logPlugins);
        Start = new StartFlow(core, Networks, Volumes, Rootfs, new SubpathMounts(core), images, Bundles, health, shipping, checkpoints);
        Exit = new ExitFlow(core, Start, health);
        Stop = new StopFlow(core, Start);
        Shutdown = new ShutdownFlow(core, Stop);
        Pause = new PauseFlow(core, health);
        Remove = new RemoveFlow(core, Start, Stop, Volumes, images, shipping);
        Restore = new RestoreFlow(core, plugins, Exit, Remove, Start, Networks, images, health, logPlugins, shipping, Checkpoints);
        Inspect = new InspectView(core);
        List = new ListFlow(core, Inspect);
        Attach = new AttachFlow(core);
        Logs = new LogFlow(core);
        Rename = new RenameFlow(core, Networks);
        Links = new LinkFlow(core, Networks);
        Update = new UpdateFlow(core);
        Stats = new StatsFlow(core);
        Top = new TopFlow(core);
        Archive = new ArchiveFlow(core);
        Commit = new CommitFlow(core);
        Prune = new PruneFlow(core, Remove);
        Exit.OnAutoRemove = Remove.AutoRemoveAsync;
        Start.OnAbandoned = Remove.AutoRemoveAsync;
    }

    internal VolumeUse Volumes { get; }

    internal NetworkUse Networks { get; }

    internal RootfsUse Rootfs { get; }

    internal BundleWriter Bundles { get; }

    internal ExecService Execs { get; }

    internal CheckpointFlow Checkpoints { get; }

    internal CreateFlow Create { get; }

    internal StartFlow Start { get; }

    internal ExitFlow Exit { get; }

    internal StopFlow Stop { get; }

    internal ShutdownFlow Shutdown { get; }

    internal PauseFlow Pause { get; }

    internal RemoveFlow Remove { get; }

    internal RestoreFlow Restore { get; }

    internal InspectView Inspect { get; }

    internal ListFlow List { get; }

    internal AttachFlow Attach { get; }

    internal LogFlow Logs { get; }

    internal RenameFlow Rename { get; }

    internal LinkFlow Links { get; }

    internal UpdateFlow Update { get; }

    internal StatsFlow Stats { get; }

    internal TopFlow Top { get; }

    internal ArchiveFlow Archive { get; }

    internal CommitFlow Commit { get; }

    internal PruneFlow Prune { get; }
}
