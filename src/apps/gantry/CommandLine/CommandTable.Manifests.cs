using Gantry.Apps.Cli.Commands.Manifests;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Manifest lists.</summary>
internal static partial class CommandTable
{
    private const string ManifestHelp =
        "The **docker manifest** command has subcommands for managing image manifests and\nmanifest lists. A manifest list allows you to use one name to refer to the same image\n"
        + "built for multiple architectures.\n\nTo see help for a subcommand, use:\n\n    docker manifest CMD --help\n\n"
        + "For full details on using docker manifest lists, see the registry v2 specification.";

    private static CommandEntry[] ManifestGroup() =>
    [
        new("annotate", "[OPTIONS] MANIFEST_LIST MANIFEST", "Add additional information to a local image manifest")
        {
            Create = f => new AnnotateManifestCommand(f), Arguments = ArgumentRule.Exactly(2), IsExperimental = true,
        },
        new("create", "MANIFEST_LIST MANIFEST [MANIFEST...]", "Create a local manifest list for annotating and pushing to a registry")
        {
            Create = f => new CreateManifestListCommand(f), Arguments = ArgumentRule.AtLeast(2), IsExperimental = true,
        },
        new("inspect", "[OPTIONS] [MANIFEST_LIST] MANIFEST", "Display an image manifest, or manifest list")
        {
            Create = f => new InspectManifestCommand(f), Arguments = ArgumentRule.Between(1, 2), IsExperimental = true,
        },
        new("push", "[OPTIONS] MANIFEST_LIST", "Push a manifest list to a repository")
        {
            Create = f => new PushManifestListCommand(f), Arguments = ArgumentRule.Exactly(1), IsExperimental = true,
        },
        new("rm", "MANIFEST_LIST [MANIFEST_LIST...]", "Delete one or more manifest lists from local storage")
        {
            Create = _ => new RemoveManifestListsCommand(), Arguments = ArgumentRule.AtLeast(1), IsExperimental = true,
        },
    ];
}
