using Gantry.Images.Plugins;
using Gantry.Oci;

namespace Gantry.Images.Check;

/// <summary>Plugins lie in the same stores as images.</summary>
public sealed partial class StoreCheck
{
    private List<KeptPlugin> PluginsWithBlob(Digest digest) => [.. _plugins.Where(plugin => plugin.Image.ContentRoots().Contains(digest) && IsStillHere(plugin))];

    private IEnumerable<Digest> MissingPluginBlobs() =>
        _plugins.Where(IsStillHere).SelectMany(plugin => plugin.Image.ContentRoots()).Distinct()
            .Where(digest => !store.Content.TryStat(digest, out _) && !_problems.Any(problem => problem.Id == digest.ToString()));

    private async Task CheckPluginAsync(KeptPlugin plugin, HashSet<Digest> seen, StoreMender? mender, CancellationToken cancellationToken)
    {
        for (var i = 0; i < plugin.Image.Chain.Count; i++)
        {
            var chainId = plugin.Image.Chain[i];
            if (!seen.Add(chainId))
            {
                continue;
            }

            _layers++;
            var what = await LookAtLayerAsync(chainId, null, cancellationToken).ConfigureAwait(false);
            if (what is null || !IsStillHere(plugin))
            {
                continue;
            }

            var users = _plugins.Where(other => other.Image.Chain.Contains(chainId)).ToList();
            var mended = mender is null ? null : await mender.PluginLayerAsync(plugin, i, users, cancellationToken).ConfigureAwait(false);
            _problems.Add(new StoreProblem("layer", chainId.ToString(), [], what) { Plugins = [.. users.Select(u => u.Name)], Mended = mended });
        }
    }

    /// <summary>It may have been removed since the check began.</summary>
    private bool IsStillHere(KeptPlugin plugin) => store.KeptPlugins().Any(other => other.Image.Chain.SequenceEqual(plugin.Image.Chain) && other.Name == plugin.Name);
}
