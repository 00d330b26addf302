using Gantry.Images.Plugins;
using Gantry.Oci;

namespace Gantry.Images;

/// <summary>Plugins live beside images in the same stores.</summary>
public sealed partial class ImageStore
{
    /// <summary>Removes what a plugin that is gone alone had. Quick: files go in the background.</summary>
    public void Discard(PluginImage plugin)
    {
        var made = plugin.Chain.Select(Layers.Find).OfType<Snapshots.LayerInfo>().SelectMany(layer => KnownBlobs(layer.DiffId)).Select(b => b.Digest);
        Sweep([.. made.Concat(plugin.Roots())], [.. plugin.Chain]);
    }

    /// <summary>All plugins that are here.</summary>
    internal IReadOnlyList<KeptPlugin> KeptPlugins() => [.. Plugins?.Invoke() ?? []];

    /// <summary>What others than images keep.</summary>
    private IEnumerable<Digest> OtherRoots() => (ExtraRoots?.Invoke() ?? []).Concat(KeptPlugins().SelectMany(plugin => plugin.Image.Roots()));
}
