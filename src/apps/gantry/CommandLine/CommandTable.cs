using Gantry.Apps.Cli.Commands;
using Gantry.Apps.Cli.Commands.Checkpoints;
using Gantry.Apps.Cli.Commands.Containers;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>
/// Every command: Docker's, in the order of its help. An entry without <see cref="CommandEntry.Create"/> is known but not there yet. Groups
/// are in files of their own; nothing of a group is made before it is named.
/// </summary>
internal static partial class CommandTable
{
    private static readonly string[] s_list = ["list"];
    private static readonly string[] s_remove = ["remove"];

    public static CommandEntry[] Root() =>
    [
        Run with { Group = CommandGroup.Common },
        Exec with { Group = CommandGroup.Common },
        List with { Name = "ps", Group = CommandGroup.Common, Aliases = [] },
        Build with { Group = CommandGroup.Common },
        Pull with { Group = CommandGroup.Common },
        Push with { Group = CommandGroup.Common },
        Images with { Name = "images", Group = CommandGroup.Common, Aliases = [] },
        Login,
        Logout,
        Search,
        Version,
        Info with { Group = CommandGroup.Common },
        new("builder", "", "Manage builds") { Group = CommandGroup.Management, Children = BuilderGroup },
        new("checkpoint", "", "Manage checkpoints") { Group = CommandGroup.Management, Children = CheckpointGroup, NeedsExperimental = true },
        new("container", "", "Manage containers") { Group = CommandGroup.Management, Children = ContainerGroup },
        new("context", "", "Manage contexts") { Group = CommandGroup.Management, Children = ContextGroup },
        new("image", "", "Manage images") { Group = CommandGroup.Management, Children = ImageGroup },
        new("manifest", "", "Manage Docker image manifests and manifest lists")
        {
            Group = CommandGroup.Management, Children = ManifestGroup, IsExperimental = true, Description = ManifestHelp,
        },
        new("network", "", "Manage networks") { Group = CommandGroup.Management, Children = NetworkGroup },
        new("plugin", "", "Manage plugins") { Group = CommandGroup.Management, Children = EnginePluginGroup },
        new("registry", "", "Run a registry") { Group = CommandGroup.Management, Children = RegistryGroup },
        new("system", "", "Manage Docker") { Group = CommandGroup.Management, Children = SystemGroup },
        new("trust", "", "Manage trust on Docker images") { Group = CommandGroup.Management, Children = TrustGroup },
        new("volume", "", "Manage volumes") { Group = CommandGroup.Management, Children = VolumeGroup },
        new("config", "", "Manage Swarm configs") { Group = CommandGroup.Swarm, Children = () => SwarmGroup("config"), NeedsSwarm = "manager" },
        new("node", "", "Manage Swarm nodes") { Group = CommandGroup.Swarm, Children = () => SwarmGroup("node"), NeedsSwarm = "manager" },
        new("secret", "", "Manage Swarm secrets") { Group = CommandGroup.Swarm, Children = () => SwarmGroup("secret"), NeedsSwarm = "manager" },
        new("service", "", "Manage Swarm services") { Group = CommandGroup.Swarm, Children = () => SwarmGroup("service"), NeedsSwarm = "manager" },
        new("stack", "", "Manage Swarm stacks") { Group = CommandGroup.Swarm, Children = () => SwarmGroup("stack"), NeedsSwarm = "manager" },
        new("swarm", "", "Manage Swarm") { Group = CommandGroup.Swarm, Children = () => SwarmGroup("swarm") },
        new("completion", "", "Generate the autocompletion script for the specified shell") { Group = CommandGroup.Hidden, Children = CompletionGroup },
        Attach,
        Commit,
        Copy,
        Create,
        Diff,
        Events,
        Export,
        History,
        Import,
        Inspect,
        Kill,
        Load,
        Logs,
        Pause,
        Port,
        Rename,
        Restart,
        Remove,
        RemoveImage with { Name = "rmi", Aliases = [] },
        Save,
        Start,
        Stats,
        Stop,
        Tag,
        Top,
        Unpause,
        Update,
        Wait,
    ];

    private static CommandEntry[] ContainerGroup() =>
    [
        Attach, Commit, Copy, Create, Diff, Exec, Export, InspectContainer, Kill, Logs, List, Pause, Port, PruneContainers, Rename, Restart, Remove, Run, Start, Stats,
        Stop, Top, Unpause, Update, Wait,
    ];

    private static CommandEntry[] CheckpointGroup() =>
    [
        new("create", "[OPTIONS] CONTAINER CHECKPOINT", "Create a checkpoint from a running container")
        {
            Create = f => new CreateCheckpointCommand(f), Arguments = ArgumentRule.Exactly(2), NeedsExperimental = true,
        },
        new("ls", "[OPTIONS] CONTAINER", "List checkpoints for a container")
        {
            Create = f => new ListCheckpointsCommand(f),
            Aliases = s_list,
            Arguments = ArgumentRule.Exactly(1),
            NeedsExperimental = true,
            Paths = ["checkpoint ls", "checkpoint list"],
        },
        new("rm", "[OPTIONS] CONTAINER CHECKPOINT", "Remove a checkpoint")
        {
            Create = f => new RemoveCheckpointCommand(f),
            Aliases = s_remove,
            Arguments = ArgumentRule.Exactly(2),
            NeedsExperimental = true,
            Paths = ["checkpoint rm", "checkpoint remove"],
        },
    ];

    private static CommandEntry Attach { get; } = new("attach", "[OPTIONS] CONTAINER", "Attach local standard input, output, and error streams to a running container")
    {
        Create = f => new AttachCommand(f), Arguments = ArgumentRule.Exactly(1), Paths = ["container attach", "attach"],
    };

    private static CommandEntry Commit { get; } = new("commit", "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]", "Create a new image from a container's changes")
    {
        Create = f => new CommitCommand(f), Arguments = ArgumentRule.Between(1, 2), Paths = ["container commit", "commit"],
    };

    private static CommandEntry Copy { get; } = new(
        "cp", "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\t{program} cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH", "Copy files/folders between a container and the local filesystem")
    {
        Create = f => new CopyCommand(f),
        Arguments = ArgumentRule.Exactly(2),
        Paths = ["container cp", "cp"],
        Description = "Copy files/folders between a container and the local filesystem\n\nUse '-' as the source to read a tar archive from stdin\nand extract it to a "
            + "directory destination in a container.\nUse '-' as the destination to stream a tar archive of a\ncontainer source to stdout.",
    };

    private static CommandEntry Create { get; } = new("create", "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Create a new container")
    {
        Create = f => new CreateCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["container create", "create"], Interspersed = false,
    };

    private static CommandEntry Diff { get; } = new("diff", "CONTAINER", "Inspect changes to files or directories on a container's filesystem")
    {
        Create = _ => new DiffCommand(), Arguments = ArgumentRule.Exactly(1), Paths = ["container diff", "diff"],
    };

    private static CommandEntry Exec { get; } = new("exec", "[OPTIONS] CONTAINER COMMAND [ARG...]", "Execute a command in a running container")
    {
        Create = f => new ExecCommand(f), Arguments = ArgumentRule.AtLeast(2), Paths = ["container exec", "exec"], Interspersed = false,
    };

    private static CommandEntry Export { get; } = new("export", "[OPTIONS] CONTAINER", "Export a container's filesystem as a tar archive")
    {
        Create = f => new ExportCommand(f), Arguments = ArgumentRule.Exactly(1), Paths = ["container export", "export"],
    };

    private static CommandEntry InspectContainer { get; } = new("inspect", "[OPTIONS] CONTAINER [CONTAINER...]", "Display detailed information on one or more containers")
    {
        Create = f => new InspectContainerCommand(f), Arguments = ArgumentRule.AtLeast(1),
    };

    private static CommandEntry Kill { get; } = new("kill", "[OPTIONS] CONTAINER [CONTAINER...]", "Kill one or more running containers")
    {
        Create = f => new KillCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["container kill", "kill"],
    };

    private static CommandEntry Logs { get; } = new("logs", "[OPTIONS] CONTAINER", "Fetch the logs of a container")
    {
        Create = f => new LogsCommand(f), Arguments = ArgumentRule.Exactly(1), Paths = ["container logs", "logs"],
    };

    private static CommandEntry List { get; } = new("ls", "[OPTIONS]", "List containers")
    {
        Create = f => new ListCommand(f), Aliases = ["list", "ps"], Paths = ["container ls", "container list", "container ps", "ps"],
    };

    private static CommandEntry Pause { get; } = new("pause", "CONTAINER [CONTAINER...]", "Pause all processes within one or more containers")
    {
        Create = _ => new PauseCommand(), Arguments = ArgumentRule.AtLeast(1), Paths = ["container pause", "pause"],
    };

    private static CommandEntry Port { get; } = new("port", "CONTAINER [PRIVATE_PORT[/PROTO]]", "List port mappings or a specific mapping for the container")
    {
        Create = _ => new PortCommand(), Arguments = ArgumentRule.Between(1, 2), Paths = ["container port", "port"],
    };

    private static CommandEntry PruneContainers { get; } = new("prune", "[OPTIONS]", "Remove all stopped containers") { Create = f => new PruneContainersCommand(f) };

    private static CommandEntry Rename { get; } = new("rename", "CONTAINER NEW_NAME", "Rename a container")
    {
        Create = _ => new RenameCommand(), Arguments = ArgumentRule.Exactly(2), Paths = ["container rename", "rename"],
    };

    private static CommandEntry Restart { get; } = new("restart", "[OPTIONS] CONTAINER [CONTAINER...]", "Restart one or more containers")
    {
        Create = f => new RestartCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["container restart", "restart"],
    };

    private static CommandEntry Remove { get; } = new("rm", "[OPTIONS] CONTAINER [CONTAINER...]", "Remove one or more containers")
    {
        Create = f => new RemoveCommand(f), Aliases = s_remove, Arguments = ArgumentRule.AtLeast(1), Paths = ["container rm", "container remove", "rm"],
    };

    private static CommandEntry Run { get; } = new("run", "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Create and run a new container from an image")
    {
        Create = f => new RunCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["container run", "run"], Interspersed = false,
    };

    private static CommandEntry Start { get; } = new("start", "[OPTIONS] CONTAINER [CONTAINER...]", "Start one or more stopped containers")
    {
        Create = f => new StartCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["container start", "start"],
    };

    private static CommandEntry Stats { get; } = new("stats", "[OPTIONS] [CONTAINER...]", "Display a live stream of container(s) resource usage statistics")
    {
        Create = f => new StatsCommand(f), Arguments = ArgumentRule.Any, Paths = ["container stats", "stats"],
    };

    private static CommandEntry Stop { get; } = new("stop", "[OPTIONS] CONTAINER [CONTAINER...]", "Stop one or more running containers")
    {
        Create = f => new StopCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["container stop", "stop"],
    };

    private static CommandEntry Top { get; } = new("top", "CONTAINER [ps OPTIONS]", "Display the running processes of a container")
    {
        Create = _ => new TopCommand(), Arguments = ArgumentRule.AtLeast(1), Paths = ["container top", "top"], Interspersed = false,
    };

    private static CommandEntry Unpause { get; } = new("unpause", "CONTAINER [CONTAINER...]", "Unpause all processes within one or more containers")
    {
        Create = _ => new UnpauseCommand(), Arguments = ArgumentRule.AtLeast(1), Paths = ["container unpause", "unpause"],
    };

    private static CommandEntry Update { get; } = new("update", "[OPTIONS] CONTAINER [CONTAINER...]", "Update configuration of one or more containers")
    {
        Create = f => new UpdateCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["container update", "update"],
    };

    private static CommandEntry Wait { get; } = new("wait", "CONTAINER [CONTAINER...]", "Block until one or more containers stop, then print their exit codes")
    {
        Create = _ => new WaitCommand(), Arguments = ArgumentRule.AtLeast(1), Paths = ["container wait", "wait"],
    };
}
