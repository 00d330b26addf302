using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Manifests;

namespace Gantry.Apps.Cli.Commands.Manifests;

/// <summary>docker manifest create.</summary>
internal sealed class CreateManifestListCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _amend = flags.Bool("amend", "Amend an existing manifest list", 'a');
    private readonly Flag<bool> _insecure = flags.Bool("insecure", "Allow communication with an insecure registry");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var list = ManifestNames.Parse(arguments[0], "error parsing name for manifest list");
        var store = new ManifestStore(cli.Config.Folder);
        if (store.Contains(list) && !_amend.Value)
        {
            throw new CliException("refusing to amend an existing manifest list with no --amend flag", 1);
        }

        var registry = new RegistryManifests(cli, _insecure);
        foreach (var argument in arguments.Skip(1))
        {
            var image = ManifestNames.Parse(argument);
            var manifest = store.Find(list, image) is { Raw.Length: > 0 } known ? known : await registry.GetImageAsync(image, cancellationToken);
            store.Save(list, manifest, image);
        }

        cli.Out.WriteLine($"Created manifest list {list}");
        return 0;
    }
}
