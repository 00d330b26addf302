using System.Globalization;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Settings;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>
/// File systems of images as read-only mounts. Each has a container layer of its own over the image's layers, as in Docker: it keeps those layers
/// from create to removal, even when the image is removed by force.
/// </summary>
internal sealed class ImageMounts(EngineCore core)
{
    private const string LayerInfix = ".image";

    /// <summary>Mount points are made by whoever mounts there: an image's file system is shown as it is.</summary>
    private static readonly ContainerLayerOptions s_options = new() { MountPoints = false };

    /// <summary>Finds the images that mounts name.</summary>
    /// <exception cref="GantryException">NotFound: no such image; it is not pulled.</exception>
    internal IReadOnlyList<ContainerMount> Resolve(IReadOnlyList<ContainerMount> mounts) =>
        [.. mounts.Select(mount => mount is { Type: "image", ImageId.Length: 0 } ? Resolve(mount) : mount)];

    /// <summary>Makes the layers.</summary>
    internal void Create(ContainerRecord record)
    {
        foreach (var (mount, index) in Of(record))
        {
            _ = Digest.TryParse(mount.ImageChain, out var chain);
            core.Parts.Layers.CreateContainerLayer(LayerId(record.Id, index), chain, s_options);
        }
    }

    /// <summary>Removes the layers; none is fine.</summary>
    internal void Remove(ContainerRecord record)
    {
        foreach (var (_, index) in Of(record))
        {
            core.Parts.Layers.RemoveContainerLayer(LayerId(record.Id, index));
        }
    }

    /// <summary>Mounts one in the container's bundle and returns that place.</summary>
    internal string Mount(ContainerRecord record, int index)
    {
        var target = PathOf(core.Paths, record.Id, index);
        Directory.CreateDirectory(target);
        MountAt(core, record, index, target);
        return target;
    }

    /// <summary>Mounts one at a directory, for a container that doesn't run. A layer that a power cut lost is made again.</summary>
    internal static void MountAt(EngineCore core, ContainerRecord record, int index, string target)
    {
        var layer = LayerId(record.Id, index);
        if (core.Parts.Layers.FindContainerLayer(layer) is null)
        {
            _ = Digest.TryParse(record.Mounts[index].ImageChain, out var chain);
            core.Parts.Layers.CreateContainerLayer(layer, chain, s_options);
        }

        core.Parts.Layers.Mount(layer, target);
    }

    /// <summary>Takes all of a container's down; none is fine.</summary>
    internal void UnmountAll(string containerId)
    {
        var folder = FolderOf(core.Paths, containerId);
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (var target in Directory.EnumerateDirectories(folder))
        {
            core.Parts.Layers.Unmount(target);
        }
    }

    /// <summary>Where the mount of that number is while its container runs.</summary>
    internal static string PathOf(EnginePaths paths, string containerId, int index) =>
        Path.Combine(FolderOf(paths, containerId), index.ToString(CultureInfo.InvariantCulture));

    /// <summary>The container that a layer is for: its root or one of its image mounts.</summary>
    internal static string OwnerOf(string layerId) => layerId.Split('.')[0];

    private static string FolderOf(EnginePaths paths, string containerId) => Path.Combine(paths.Bundle(containerId), "images");

    private static string LayerId(string containerId, int index) => string.Create(CultureInfo.InvariantCulture, $"{containerId}{LayerInfix}{index}");

    private static IEnumerable<(ContainerMount Mount, int Index)> Of(ContainerRecord record) =>
        record.Mounts.Select((mount, index) => (mount, index)).Where(m => m.mount.Type == "image");

    private ContainerMount Resolve(ContainerMount mount)
    {
        var image = core.Parts.Images.Resolve(mount.Name);
        var diffIds = core.Parts.Images.Config(image.Id).RootFs.DiffIds;
        return mount with { ImageId = image.Id.ToString(), ImageChain = diffIds.Count == 0 ? string.Empty : ChainId.Of(diffIds)[^1].ToString() };
    }
}
