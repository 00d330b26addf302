using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Manifests;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Commands.Manifests;

/// <summary>docker manifest inspect: a list being put together here, an image in it, or what a registry has.</summary>
internal sealed class InspectManifestCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _insecure = flags.Bool("insecure", "Allow communication with an insecure registry");
    private readonly Flag<bool> _verbose = flags.Bool("verbose", "Output additional info including layers and platform", 'v');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var reference = ManifestNames.Parse(arguments[^1]);
        var store = new ManifestStore(cli.Config.Folder);
        if (arguments.Count > 1)
        {
            var list = ManifestNames.Parse(arguments[0]);
            Print(cli, store.Find(list, reference) ?? throw GantryException.NotFound($"No such manifest: {reference}"));
            return 0;
        }

        if (store.Contains(reference))
        {
            Print(cli, reference, store.GetList(reference));
            return 0;
        }

        var (image, images) = await new RegistryManifests(cli, _insecure).GetAsync(reference, cancellationToken);
        if (image is not null)
        {
            Print(cli, image);
        }
        else
        {
            Print(cli, reference, images!);
        }

        return 0;
    }

    private void Print(Cli cli, ImageManifest manifest)
    {
        using var raw = JsonDocument.Parse(manifest.Raw);
        Print(cli, ImageManifest.ToJson(_verbose.Value ? manifest.WriteTo : raw.RootElement.WriteTo, ('\t', 1)));
    }

    private void Print(Cli cli, ImageReference list, IReadOnlyList<ImageManifest> images) => Print(cli, _verbose.Value
        ? ImageManifest.ToJson(
            json =>
            {
                json.WriteStartArray();
                foreach (var image in images)
                {
                    image.WriteTo(json);
                }

                json.WriteEndArray();
            },
            ('\t', 1))
        : ManifestList.Build(list, images).Content);

    private static void Print(Cli cli, byte[] json)
    {
        cli.Out.WriteBytes(json);
        cli.Out.WriteLine("");
    }
}
