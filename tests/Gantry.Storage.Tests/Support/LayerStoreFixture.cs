using Gantry.Linux;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Storage.Tests;

/// <summary>A layer store in a directory of its own, with mounts that are undone afterwards.</summary>
public sealed class LayerStoreFixture : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly List<string> _mounts = [];

    public LayerStoreFixture() => Store = LayerStore.Open(Root);

    public LayerStore Store { get; private set; }

    public string Root => _directory["snapshots"];

    internal async Task<LayerInfo> ApplyAsync(TarBuilder tar, Digest parent = default)
    {
        var (diffId, bytes) = tar.Layer();
        return await Store.ApplyLayerAsync(parent, diffId, new TrickleStream(bytes));
    }

    /// <summary>Makes and mounts a container layer; returns where.</summary>
    public string Mount(string id, Digest parent, ContainerLayerOptions? options = null)
    {
        if (Store.FindContainerLayer(id) is null)
        {
            Store.CreateContainerLayer(id, parent, options);
        }

        var target = Directory.CreateDirectory(_directory[$"mnt-{id}"]).FullName;
        Store.Mount(id, target);
        _mounts.Add(target);
        return target;
    }

    /// <summary>As after a restart of the engine.</summary>
    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = LayerStore.Open(Root);
    }

    public void Dispose()
    {
        _mounts.ForEach(m => Mounts.TryUnmount(m, UnmountFlags.Detach));
        Store.DisposeAsync().AsTask().Wait();
        _directory.Dispose();
    }
}
