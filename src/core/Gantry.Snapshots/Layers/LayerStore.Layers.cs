using System.Text.Json;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Snapshots;

public sealed partial class LayerStore
{
    internal const string DiffName = "diff";
    internal const string RecordName = "layer.json";

    /// <summary>True when the layer is unpacked.</summary>
    public bool Exists(Digest chainId) => _known.ContainsKey(chainId) || Find(chainId) is not null;

    /// <summary>Null when the layer isn't there.</summary>
    public LayerInfo? Find(Digest chainId)
    {
        if (_known.TryGetValue(chainId, out var known))
        {
            return known;
        }

        var file = Path.Combine(LayerPath(chainId), RecordName);
        try
        {
            var info = JsonSerializer.Deserialize(File.ReadAllBytes(file), SnapshotJson.Default.LayerInfo)!;
            return _known.GetOrAdd(chainId, info);
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

    /// <summary>All unpacked image layers, in no order. One whose record can't be read is left out: <c>system check</c> tells of it.</summary>
    public IEnumerable<LayerInfo> Layers()
    {
        foreach (var directory in Directory.EnumerateDirectories(_layers))
        {
            if (Digest.TryParse("sha256:" + Path.GetFileName(directory), out var chainId) && FindReadable(chainId) is { } info)
            {
                yield return info;
            }
        }
    }

    private LayerInfo? FindReadable(Digest chainId)
    {
        try
        {
            return Find(chainId);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.DataCorrupt)
        {
            return null;
        }
    }

    /// <summary>Host directory of the layer's own files (its changes, in overlayfs form).</summary>
    public string DiffDirectory(Digest chainId) => Path.Combine(LayerPath(chainId), DiffName);

    /// <summary>The layer and those below it, top first.</summary>
    /// <exception cref="GantryException">NotFound.</exception>
    public IReadOnlyList<LayerInfo> Chain(Digest chainId)
    {
        var chain = new List<LayerInfo>();
        for (var id = chainId; !id.IsEmpty;)
        {
            var info = Find(id) ?? throw GantryException.NotFound($"layer {id} does not exist");
            chain.Add(info);
            id = info.ParentChainId;
        }

        return chain;
    }

    /// <summary>Removes an image layer (quick; files go in the background). False when it isn't there.</summary>
    /// <exception cref="GantryException">Conflict: a layer or container layer is stacked on it.</exception>
    public bool RemoveLayer(Digest chainId)
    {
        lock (_structure)
        {
            if (Find(chainId) is null)
            {
                return false;
            }

            var user = Layers().FirstOrDefault(l => l.ParentChainId == chainId)?.ChainId.ToString()
                ?? ContainerLayers().FirstOrDefault(c => c.ParentChainId == chainId)?.Id;
            if (user is not null)
            {
                throw GantryException.Conflict($"layer {chainId} is in use by {user}");
            }

            _known.TryRemove(chainId, out _);
            _mountPoints.Remove(chainId);
            return _trash.Take(LayerPath(chainId));
        }
    }

    /// <summary>A view of the whole file system that <paramref name="chainId"/> (default: empty) ends.</summary>
    public LayerView OpenView(Digest chainId) => new(OverlayMount.OpenReadOnly(LowerDirectories(chainId, mountPoints: false), _temporary), Ids);

    /// <summary>What to stack below a writable layer, top first; never empty.</summary>
    private List<string> LowerDirectories(Digest chainId, bool mountPoints)
    {
        var directories = Chain(chainId).Select(l => DiffDirectory(l.ChainId)).ToList();
        if (directories.Count == 0)
        {
            directories.Add(_empty);
        }

        if (mountPoints)
        {
            directories.Insert(0, _mountPoints.Ensure(chainId, directories));
        }

        return directories;
    }
}
