using System.Security.Cryptography;
using Gantry.Build.Graph;
using Gantry.Content;
using Gantry.Linux;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Build.Steps;

/// <summary>Makes a layer: a writable one is filled and then becomes an image layer by renaming.</summary>
internal sealed class LayerMaker(LayerStore layers, ContentLease lease)
{
    /// <summary>Prefix of the writable layers of build steps, by which leftovers are known.</summary>
    internal const string Prefix = "build-";

    public LayerStore Layers => layers;

    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Gives a writable layer over <paramref name="parent"/> to <paramref name="fill"/> and keeps what it made of it.</summary>
    /// <param name="evenEmpty">An unchanged one becomes a layer too, as BuildKit's do; else it leaves nothing.</param>
    public async Task<LayerResult> MakeAsync(
        Digest parent, bool mountPoints, bool evenEmpty, string id, Func<ContainerLayer, Task> fill, CancellationToken cancellationToken)
    {
        var name = Prefix + id;
        var options = new ContainerLayerOptions { MountPoints = mountPoints, Volatile = true };
        var layer = layers.CreateContainerLayer(name, parent, options);
        try
        {
            await fill(layer).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!evenEmpty && !IsChanged(layer.UpperDirectory))
            {
                return new LayerResult(parent, default, DateTimeOffset.UtcNow, 0);
            }

            var info = await layers.CommitAsync(name, CommitMode.Move, lease.Protect, cancellationToken).ConfigureAwait(false);
            return new LayerResult(info.ChainId, info.DiffId, DateTimeOffset.UtcNow, info.Size);
        }
        finally
        {
            layers.RemoveContainerLayer(name);
        }
    }

    private static bool IsChanged(string upper)
    {
        var fd = FileAt.OpenDirectory(upper);
        try
        {
            return DirectoryEntries.Read(fd).Count > 0;
        }
        finally
        {
            FileAt.Close(fd);
        }
    }
}
