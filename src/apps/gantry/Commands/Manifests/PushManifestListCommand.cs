using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Manifests;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Commands.Manifests;

/// <summary>docker manifest push: images of other repositories are brought along, their blobs mounted.</summary>
internal sealed class PushManifestListCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _insecure = flags.Bool("insecure", "Allow push to an insecure registry");
    private readonly Flag<bool> _purge = flags.Bool("purge", "Remove the local manifest list after push", 'p');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var list = ManifestNames.Parse(arguments[0]);
        var store = new ManifestStore(cli.Config.Folder);
        var images = store.GetList(list);
        if (images.FirstOrDefault(i => string.IsNullOrEmpty(i.Descriptor.Platform?.Architecture) || string.IsNullOrEmpty(i.Descriptor.Platform.Os)) is { } unknown)
        {
            throw new CliException($"manifest {unknown.Reference} must have an OS and Architecture to be pushed to a registry", 1);
        }

        var (mediaType, content) = ManifestList.Build(list, images);
        var registry = new RegistryManifests(cli, _insecure);
        foreach (var image in images.Where(i => i.Reference.Name != list.Name))
        {
            await PushAsync(cli, registry, list, image, cancellationToken);
        }

        cli.Out.WriteLine(await registry.PushAsync(list, mediaType, content, [], cancellationToken));
        if (_purge.Value)
        {
            store.Remove(list);
        }

        return 0;
    }

    private static async Task PushAsync(Cli cli, RegistryManifests registry, ImageReference list, ImageManifest image, CancellationToken cancellationToken)
    {
        var target = list.WithDigest(image.Descriptor.Digest);
        var digest = await registry.PushAsync(
            target, image.Descriptor.MediaType, image.Raw, image.Blobs.Distinct().Select(b => (image.Reference.Path, b)), cancellationToken);
        cli.Out.WriteLine($"Pushed ref {target} with digest: {digest}");
        cli.Out.Flush();
    }
}
