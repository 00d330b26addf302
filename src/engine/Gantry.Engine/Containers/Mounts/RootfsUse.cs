using Gantry.Engine.Containers.State;
using Gantry.Snapshots;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>Root file systems of containers: mounted at start below the exec root, unmounted at exit.</summary>
internal sealed class RootfsUse(EngineCore core)
{
    /// <summary>What a container wrote that goes with its end need not reach the disk: unmounting would wait for all of the disk's writers.</summary>
    internal static ContainerLayerOptions OptionsOf(ContainerRecord record) => new() { Volatile = record.HostConfig.AutoRemove == true };

    /// <summary>Mounts it at its place in the bundle; the layer is made again when a power cut lost it.</summary>
    internal void Mount(ContainerRecord record)
    {
        if (core.Parts.Layers.FindContainerLayer(record.Id) is null)
        {
            core.Log.Warn("a container's writable layer was missing; it starts empty", ("container", record.Id));
            _ = Oci.Digest.TryParse(record.LayerChain, out var chain);
            core.Parts.Layers.CreateContainerLayer(record.Id, chain, OptionsOf(record));
        }

        var target = core.Paths.Rootfs(record.Id);
        Directory.CreateDirectory(target);
        core.Parts.Layers.Mount(record.Id, target);
    }

    /// <summary>Not mounted is fine.</summary>
    internal void Unmount(ContainerRecord record)
    {
        var target = core.Paths.Rootfs(record.Id);
        if (Directory.Exists(target))
        {
            core.Parts.Layers.Unmount(target);
        }
    }
}
