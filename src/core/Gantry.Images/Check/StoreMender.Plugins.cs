using Gantry.Errors;
using Gantry.Images.Plugins;
using Gantry.Images.Transfer;
using Gantry.Oci;

namespace Gantry.Images.Check;

/// <summary>What plugins need: from the repository that each came from. One made here can't be had again.</summary>
internal sealed partial class StoreMender
{
    /// <param name="index">Of the layer in the plugin's chain.</param>
    /// <param name="users">Those that have the layer.</param>
    internal async Task<string?> PluginLayerAsync(KeptPlugin plugin, int index, IReadOnlyList<KeptPlugin> users, CancellationToken cancellationToken)
    {
        if (index >= plugin.Image.Blobs.Count || inUse.Contains(plugin.Image.Chain[index]) || users.Any(user => user.InUse))
        {
            return null;
        }

        var (blob, chainId) = (plugin.Image.Blobs[index], plugin.Image.Chain[index]);
        try
        {
            var isWhole = store.Content.TryStat(blob.Digest, out _) && store.Content.Verify(blob.Digest);
            if (!isWhole && await FetchForPluginsAsync(blob.Digest, users, cancellationToken).ConfigureAwait(false) is null)
            {
                return null;
            }

            // The blob's digest was verified, so what it unpacks to is what it unpacked to before; its diff id is written nowhere but in the layer's own record.
            await UnpackAsync(index == 0 ? default : plugin.Image.Chain[index - 1], chainId, default, blob.Digest, cancellationToken).ConfigureAwait(false);
            return store.Layers.Exists(chainId) ? $"unpacked again from {blob.Digest}" : null;
        }
        catch (GantryException)
        {
            // Told as not mended.
            return null;
        }
    }

    /// <summary>Returns the repository that had the blob.</summary>
    private async Task<string?> FetchForPluginsAsync(Digest digest, IReadOnlyList<KeptPlugin> plugins, CancellationToken cancellationToken)
    {
        foreach (var plugin in plugins.Where(plugin => plugin.Image.Manifest is not null))
        {
            try
            {
                var reference = ImageReference.Parse(plugin.Reference);
                var repository = registry.OpenForPull(reference, null);
                if (plugin.Image.Manifest!.Digest == digest)
                {
                    var document = await repository.GetManifestAsync(digest.ToString(), cancellationToken).ConfigureAwait(false);
                    await store.Content.WriteAsync(lease, document.Content, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await BlobPull.RunAsync(store.Content, lease, repository, plugin.Image.Blobs.Append(plugin.Image.Config).First(blob => blob.Digest == digest), cancellationToken).ConfigureAwait(false);
                }

                return reference.FamiliarName;
            }
            catch (GantryException)
            {
                // Not reachable, or it has it no more: the next one.
                continue;
            }
        }

        return null;
    }
}
