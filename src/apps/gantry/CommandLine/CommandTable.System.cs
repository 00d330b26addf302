using Gantry.Apps.Cli.Commands;
using Gantry.Apps.Cli.Commands.Completion;
using Gantry.Apps.Cli.Commands.Contexts;
using Gantry.Apps.Cli.Commands.Networks;
using Gantry.Apps.Cli.Commands.Systems;
using Gantry.Apps.Cli.Commands.Volumes;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Networks, volumes, contexts and the engine itself.</summary>
internal static partial class CommandTable
{
    private const string ContextHelp =
        "Create a context\n\nDocker endpoint config:\n\nNAME                DESCRIPTION\nfrom                Copy named context's Docker endpoint configuration\n"
        + "host                Docker endpoint on which to connect\nca                  Trust certs signed only by this CA\ncert                Path to TLS certificate file\n"
        + "key                 Path to TLS key file\nskip-tls-verify     Skip TLS certificate validation\n\nExample:\n\n"
        + "$ {program} context create my-context --description \"some description\" --docker \"host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file\"";

    private static CommandEntry[] CompletionGroup() =>
    [
        new("bash", "", "Generate the autocompletion script for bash") { Create = _ => new CompletionCommand("bash") },
        new("fish", "", "Generate the autocompletion script for fish") { Create = _ => new CompletionCommand("fish") },
        new("powershell", "", "Generate the autocompletion script for powershell") { Create = _ => new CompletionCommand("powershell") },
        new("zsh", "", "Generate the autocompletion script for zsh") { Create = _ => new CompletionCommand("zsh") },
    ];

    private static CommandEntry[] NetworkGroup() =>
    [
        new("connect", "[OPTIONS] NETWORK CONTAINER", "Connect a container to a network") { Create = f => new ConnectNetworkCommand(f), Arguments = ArgumentRule.Exactly(2) },
        new("create", "[OPTIONS] NETWORK", "Create a network") { Create = f => new CreateNetworkCommand(f), Arguments = ArgumentRule.Exactly(1) },
        new("disconnect", "[OPTIONS] NETWORK CONTAINER", "Disconnect a container from a network")
        {
            Create = f => new DisconnectNetworkCommand(f), Arguments = ArgumentRule.Exactly(2),
        },
        new("inspect", "[OPTIONS] NETWORK [NETWORK...]", "Display detailed information on one or more networks")
        {
            Create = f => new InspectNetworkCommand(f), Arguments = ArgumentRule.AtLeast(1),
        },
        new("ls", "[OPTIONS]", "List networks") { Create = f => new ListNetworksCommand(f), Aliases = s_list, Paths = ["network ls", "network list"] },
        new("prune", "[OPTIONS]", "Remove all unused networks") { Create = f => new PruneNetworksCommand(f) },
        new("rm", "NETWORK [NETWORK...]", "Remove one or more networks")
        {
            Create = f => new RemoveNetworksCommand(f), Aliases = s_remove, Arguments = ArgumentRule.AtLeast(1), Paths = ["network rm", "network remove"],
        },
    ];

    private static CommandEntry[] VolumeGroup() =>
    [
        new("create", "[OPTIONS] [VOLUME]", "Create a volume") { Create = f => new CreateVolumeCommand(f), Arguments = ArgumentRule.AtMost(1) },
        new("inspect", "[OPTIONS] VOLUME [VOLUME...]", "Display detailed information on one or more volumes")
        {
            Create = f => new InspectVolumeCommand(f), Arguments = ArgumentRule.AtLeast(1),
        },
        new("ls", "[OPTIONS]", "List volumes") { Create = f => new ListVolumesCommand(f), Aliases = s_list, Paths = ["volume ls", "volume list"] },
        new("prune", "[OPTIONS]", "Remove unused local volumes") { Create = f => new PruneVolumesCommand(f) },
        new("rm", "[OPTIONS] VOLUME [VOLUME...]", "Remove one or more volumes")
        {
            Create = f => new RemoveVolumesCommand(f),
            Aliases = s_remove,
            Arguments = ArgumentRule.AtLeast(1),
            Paths = ["volume rm", "volume remove"],
            Description = "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
        },
        new("update", "[OPTIONS] [VOLUME]", "Update a volume (cluster volumes only)")
        {
            Create = f => new UpdateVolumeCommand(f), Arguments = ArgumentRule.AtMost(1), MinimumVersion = "1.42", NeedsSwarm = "manager",
        },
    ];

    private static CommandEntry[] ContextGroup() =>
    [
        new("create", "[OPTIONS] CONTEXT", "Create a context") { Create = f => new SaveContextCommand(f, update: false), Arguments = ArgumentRule.Exactly(1), Description = ContextHelp },
        new("export", "[OPTIONS] CONTEXT [FILE|-]", "Export a context to a tar archive FILE or a tar stream on STDOUT.")
        {
            Create = _ => new ExportContextCommand(), Arguments = ArgumentRule.Between(1, 2),
        },
        new("import", "CONTEXT FILE|-", "Import a context from a tar or zip file") { Create = _ => new ImportContextCommand(), Arguments = ArgumentRule.Exactly(2) },
        new("inspect", "[OPTIONS] [CONTEXT] [CONTEXT...]", "Display detailed information on one or more contexts")
        {
            Create = f => new InspectContextsCommand(f), Arguments = ArgumentRule.Any,
        },
        new("ls", "[OPTIONS]", "List contexts") { Create = f => new ListContextsCommand(f), Aliases = s_list, Paths = ["context ls", "context list"] },
        new("rm", "CONTEXT [CONTEXT...]", "Remove one or more contexts")
        {
            Create = f => new RemoveContextsCommand(f), Aliases = s_remove, Arguments = ArgumentRule.AtLeast(1), Paths = ["context rm", "context remove"],
        },
        new("show", "", "Print the name of the current context") { Create = _ => new ShowContextCommand() },
        new("update", "[OPTIONS] CONTEXT", "Update a context")
        {
            Create = f => new SaveContextCommand(f, update: true),
            Arguments = ArgumentRule.Exactly(1),
            Description = ContextHelp.Replace("Create a context", "Update a context", StringComparison.Ordinal)
                .Replace("context create my-context", "context update my-context", StringComparison.Ordinal),
        },
        new("use", "CONTEXT", "Set the current docker context") { Create = _ => new UseContextCommand(), Arguments = ArgumentRule.Bare(1) },
    ];

    private static CommandEntry[] SystemGroup() =>
    [
        new("check", "[OPTIONS]", "Check the image store for damage")
        {
            Create = f => new CheckCommand(f), IsOwn = true, Description = "Read every image, layer and blob, compare it with its digest, and tell what is damaged",
        },
        new("df", "[OPTIONS]", "Show docker disk usage") { Create = f => new DiskUsageCommand(f) },
        new("dial-stdio", "", "Proxy the stdio stream to the daemon connection. Should not be invoked manually.")
        {
            Create = _ => new DialStdioCommand(), Group = CommandGroup.Hidden,
        },
        Events,
        Info,
        new("prune", "[OPTIONS]", "Remove unused data") { Create = f => new SystemPruneCommand(f) },
    ];

    private static CommandEntry Events { get; } = new("events", "[OPTIONS]", "Get real time events from the server")
    {
        Create = f => new EventsCommand(f), Paths = ["system events", "events"],
    };

    private static CommandEntry Info { get; } = new("info", "[OPTIONS]", "Display system-wide information")
    {
        Create = f => new InfoCommand(f), Paths = ["system info", "info"],
    };

    private static CommandEntry Inspect { get; } = new("inspect", "[OPTIONS] NAME|ID [NAME|ID...]", "Return low-level information on Docker objects")
    {
        Create = f => new InspectCommand(f), Arguments = ArgumentRule.AtLeast(1),
    };

    private static CommandEntry Version { get; } = new("version", "[OPTIONS]", "Show the Docker version information")
    {
        Create = f => new VersionCommand(f), Group = CommandGroup.Common,
    };
}
