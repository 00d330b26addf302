using Gantry.Apps.Cli.Commands;
using Gantry.Apps.Cli.Commands.Building;
using Gantry.Apps.Cli.Commands.Images;
using Gantry.Apps.Cli.Commands.Registry;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Images, builds and registries.</summary>
internal static partial class CommandTable
{
    private static CommandEntry[] ImageGroup() =>
    [
        Build with { Group = CommandGroup.Other }, History, Import, InspectImage, Load, Images, PruneImages, Pull with { Group = CommandGroup.Other },
        Push with { Group = CommandGroup.Other }, RemoveImage, Save, Tag,
    ];

    private static CommandEntry[] BuilderGroup() => [Build with { Group = CommandGroup.Other }, PruneBuildCache];

    private static CommandEntry[] RegistryGroup() =>
    [
        new("serve", "[OPTIONS]", "Run a registry in the foreground") { Create = _ => new ServeRegistryCommand(), Arguments = ArgumentRule.Any, PassesFlags = true },
    ];

    private static CommandEntry Build { get; } = new("build", "[OPTIONS] PATH | URL | -", "Build an image from a Dockerfile")
    {
        Create = f => new BuildCommand(f), Arguments = ArgumentRule.Exactly(1), Paths = ["image build", "build", "builder build"],
    };

    private static CommandEntry History { get; } = new("history", "[OPTIONS] IMAGE", "Show the history of an image")
    {
        Create = f => new HistoryCommand(f), Arguments = ArgumentRule.Exactly(1), Paths = ["image history", "history"],
    };

    private static CommandEntry Import { get; } = new("import", "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]", "Import the contents from a tarball to create a filesystem image")
    {
        Create = f => new ImportCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["image import", "import"],
    };

    private static CommandEntry InspectImage { get; } = new("inspect", "[OPTIONS] IMAGE [IMAGE...]", "Display detailed information on one or more images")
    {
        Create = f => new InspectImageCommand(f), Arguments = ArgumentRule.AtLeast(1),
    };

    private static CommandEntry Load { get; } = new("load", "[OPTIONS]", "Load an image from a tar archive or STDIN")
    {
        Create = f => new LoadCommand(f), Paths = ["image load", "load"],
    };

    private static CommandEntry Images { get; } = new("ls", "[OPTIONS] [REPOSITORY[:TAG]]", "List images")
    {
        Create = f => new ListImagesCommand(f), Aliases = s_list, Arguments = ArgumentRule.AtMost(1), Paths = ["image ls", "image list", "images"],
    };

    private static CommandEntry PruneImages { get; } = new("prune", "[OPTIONS]", "Remove unused images") { Create = f => new PruneImagesCommand(f) };

    private static CommandEntry Pull { get; } = new("pull", "[OPTIONS] NAME[:TAG|@DIGEST]", "Download an image from a registry")
    {
        Create = f => new PullCommand(f), Arguments = ArgumentRule.Exactly(1), Paths = ["image pull", "pull"],
    };

    private static CommandEntry Push { get; } = new("push", "[OPTIONS] NAME[:TAG]", "Upload an image to a registry")
    {
        Create = f => new PushCommand(f), Arguments = ArgumentRule.Exactly(1), Paths = ["image push", "push"],
    };

    private static CommandEntry RemoveImage { get; } = new("rm", "[OPTIONS] IMAGE [IMAGE...]", "Remove one or more images")
    {
        Create = f => new RemoveImageCommand(f), Aliases = s_remove, Arguments = ArgumentRule.AtLeast(1), Paths = ["image rm", "image remove", "rmi"],
    };

    private static CommandEntry Save { get; } = new("save", "[OPTIONS] IMAGE [IMAGE...]", "Save one or more images to a tar archive (streamed to STDOUT by default)")
    {
        Create = f => new SaveCommand(f), Arguments = ArgumentRule.AtLeast(1), Paths = ["image save", "save"],
    };

    private static CommandEntry Tag { get; } = new("tag", "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE")
    {
        Create = _ => new TagCommand(), Arguments = ArgumentRule.Exactly(2), Paths = ["image tag", "tag"], Interspersed = false,
    };

    private static CommandEntry PruneBuildCache { get; } = new("prune", "", "Remove build cache") { Create = f => new PruneBuildCacheCommand(f) };

    private static CommandEntry Login { get; } = new("login", "[OPTIONS] [SERVER]", "Authenticate to a registry")
    {
        Create = f => new LoginCommand(f),
        Arguments = ArgumentRule.AtMost(1),
        Group = CommandGroup.Common,
        Description = "Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.",
    };

    private static CommandEntry Logout { get; } = new("logout", "[SERVER]", "Log out from a registry")
    {
        Create = _ => new LogoutCommand(),
        Arguments = ArgumentRule.AtMost(1),
        Group = CommandGroup.Common,
        Description = "Log out from a registry.\nIf no server is specified, the default is defined by the daemon.",
    };

    private static CommandEntry Search { get; } = new("search", "[OPTIONS] TERM", "Search Docker Hub for images")
    {
        Create = f => new SearchCommand(f), Arguments = ArgumentRule.Exactly(1), Group = CommandGroup.Common,
    };
}
