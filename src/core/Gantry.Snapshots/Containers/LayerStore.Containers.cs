using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Snapshots;

public sealed partial class LayerStore
{
    private const string WorkName = "work";
    private const string Creating = "creating the container's layer";
    private static readonly SearchValues<char> s_idCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    private readonly ConcurrentDictionary<string, ContainerLayer> _containerLayers = new(StringComparer.Ordinal);
    private readonly MountTeardown _teardown = new();

    /// <summary>Makes an empty writable layer over <paramref name="parentChainId"/> (default: an empty root). No fsync.</summary>
    /// <param name="id">1 to 128 characters of [a-zA-Z0-9_.-], not starting with a dot.</param>
    /// <exception cref="GantryException">NotFound: the parent isn't there; Conflict: the id is taken.</exception>
    public ContainerLayer CreateContainerLayer(string id, Digest parentChainId, ContainerLayerOptions? options = null)
    {
        options ??= ContainerLayerOptions.Default;
        var directory = ContainerPath(id);
        lock (_structure)
        {
            var root = parentChainId.IsEmpty ? _empty
                : Find(parentChainId) is not null ? DiffDirectory(parentChainId)
                : throw GantryException.NotFound($"layer {parentChainId} does not exist");
            try
            {
                MakeContainerDirectory(id, directory, root, new ContainerLayerRecord(parentChainId, options));
            }
            catch (IOException e)
            {
                _trash.Take(directory);
                throw e switch
                {
                    LinuxException linux => linux.ToGantry(Creating),
                    _ when LinuxException.IsNoSpace(e) => new GantryException(ErrorKind.ResourceExhausted, $"{Creating}: no space left on device", e),
                    _ => new GantryException(ErrorKind.Internal, $"{Creating}: {e.Message}", e),
                };
            }
        }

        return _containerLayers[id] = new ContainerLayer(id, parentChainId, Path.Combine(directory, DiffName), options);
    }

    /// <summary>Null when there is no such container layer.</summary>
    public ContainerLayer? FindContainerLayer(string id)
    {
        if (_containerLayers.TryGetValue(id, out var known))
        {
            return known;
        }

        var directory = ContainerPath(id);
        var file = Path.Combine(directory, RecordName);
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(file), SnapshotJson.Default.ContainerLayerRecord)!;
            return _containerLayers.GetOrAdd(id, new ContainerLayer(id, record.ParentChainId, Path.Combine(directory, DiffName), record.Options));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw GantryException.DataCorrupt($"the layer record {file} can't be read: {e.Message}", e);
        }
    }

    public IReadOnlyList<ContainerLayer> ContainerLayers() =>
        [.. Directory.EnumerateDirectories(_containers).Select(d => FindContainerLayer(Path.GetFileName(d))).OfType<ContainerLayer>()];

    /// <summary>Mounts the container's root file system at the existing directory <paramref name="target"/>. Mounted there already: nothing to do.</summary>
    public void Mount(string id, string target)
    {
        var layer = GetContainerLayer(id);
        if (!IsMounted(target))
        {
            OverlayMount.Mount(SpecOf(layer), target, _temporary);
        }
    }

    /// <summary>True when an overlay is mounted at exactly this path.</summary>
    public static bool IsMounted(string target) =>
        FileAt.TryStat(FileAt.CurrentDirectory, target, out var status) == 0 && status.IsMountRoot
        && FileSystems.Status(target).Type == FileSystems.OverlayMagic;

    /// <summary>
    /// Takes the mount at <paramref name="target"/> out of the tree; the kernel's teardown (which syncs) runs in the background. Not mounted:
    /// nothing to do.
    /// </summary>
    public void Unmount(string target)
    {
        try
        {
            _teardown.Detach(target);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("unmounting the container's file system");
        }
    }

    /// <inheritdoc cref="Unmount(string)"/>
    /// <param name="id">The container layer that is mounted there.</param>
    public void Unmount(string id, string target) => Unmount(target);

    /// <summary>The container's root file system without a mount point, for reading and writing files in it from here.</summary>
    public LayerView OpenContainer(string id) => new(OverlayMount.Create(SpecOf(GetContainerLayer(id)), _temporary), Ids);

    /// <summary>Removes the container layer; must be unmounted. Quick: files go in the background. False when it isn't there.</summary>
    public bool RemoveContainerLayer(string id)
    {
        var directory = ContainerPath(id);
        lock (_structure)
        {
            _containerLayers.TryRemove(id, out _);
            return _trash.Take(directory);
        }
    }

    private ContainerLayer GetContainerLayer(string id) =>
        FindContainerLayer(id) ?? throw GantryException.NotFound($"container layer {id} does not exist");

    private string ContainerPath(string id) =>
        id.Length is 0 or > 128 || id[0] == '.' || id.AsSpan().ContainsAnyExcept(s_idCharacters)
            ? throw GantryException.InvalidArgument($"invalid container layer id \"{id}\"")
            : Path.Combine(_containers, id);

    private OverlaySpec SpecOf(ContainerLayer layer)
    {
        var work = Path.Combine(Path.GetDirectoryName(layer.UpperDirectory)!, WorkName);
        if (layer.Options.Volatile)
        {
            // The kernel leaves this mark so that a volatile upper isn't used after a crash unseen; whoever makes one volatile doesn't keep it then.
            IO.Trees.TreeRemover.Remove(Path.Combine(work, "work", "incompat"));
        }

        return new OverlaySpec(LowerDirectories(layer.ParentChainId, layer.Options.MountPoints), layer.UpperDirectory, work, layer.Options.Volatile);
    }

    /// <summary>
    /// The record comes last: without it the directory counts as not there, and the next creation with the id clears it away. The upper
    /// directory's own owner and mode are those of the container's root.
    /// </summary>
    private void MakeContainerDirectory(string id, string directory, string root, ContainerLayerRecord record)
    {
        var made = FileAt.TryMakeDirectory(FileAt.CurrentDirectory, directory, 0x1C9);
        if (made == -Errno.EEXIST)
        {
            if (FindContainerLayer(id) is not null)
            {
                throw GantryException.Conflict($"container layer {id} already exists");
            }

            _trash.Take(directory);
            made = FileAt.TryMakeDirectory(FileAt.CurrentDirectory, directory, 0x1C9);
        }

        FileAt.Check(made, "mkdir", directory);
        var status = FileAt.Stat(FileAt.CurrentDirectory, root);
        var upper = Path.Combine(directory, DiffName);
        FileAt.Check(FileAt.TryMakeDirectory(FileAt.CurrentDirectory, upper, status.Mode), "mkdir", upper);
        FileAt.Check(FileAt.TryChangeOwner(FileAt.CurrentDirectory, upper, status.UserId, status.GroupId), "chown", upper);
        FileAt.Check(FileAt.TryChangeMode(FileAt.CurrentDirectory, upper, status.Mode), "chmod", upper);
        FileAt.Check(FileAt.TryMakeDirectory(FileAt.CurrentDirectory, Path.Combine(directory, WorkName), 0x1C9), "mkdir", directory);
        File.WriteAllBytes(
            Path.Combine(directory, RecordName), JsonSerializer.SerializeToUtf8Bytes(record, SnapshotJson.Default.ContainerLayerRecord));
    }
}
