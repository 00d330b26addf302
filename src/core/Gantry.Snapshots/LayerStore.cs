using System.Collections.Concurrent;
using Gantry.Errors;
using Gantry.IO.Durability;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Snapshots;

/// <summary>
/// Unpacked layers and containers' writable layers under <c>ROOT</c>, one directory each, stacked by overlayfs. Image layers are keyed by
/// chain id and immutable; a container layer is the upper directory over one image layer. Thread-safe; the layout on disk is described in
/// docs/design/layers.md.
/// </summary>
public sealed partial class LayerStore : IAsyncDisposable
{
    private const string UnpackingPrefix = "tmp-";

    private readonly LayerStoreOptions _options;
    private readonly string _layers;
    private readonly string _containers;
    private readonly string _temporary;
    private readonly string _empty;
    private readonly Trash _trash;
    private readonly UnsyncedJournal _unsynced;
    private readonly MountPoints _mountPoints;
    private readonly ConcurrentDictionary<Digest, LayerInfo> _known = new();

    private LayerStore(string root, LayerStoreOptions options)
    {
        _options = options;
        _layers = MakeDirectory(root, "layers");
        _containers = MakeDirectory(root, "containers");
        _temporary = MakeDirectory(root, "tmp");
        _empty = MakeDirectory(root, "empty");
        options.Ids?.GiveToRoot(_empty);
        _trash = new Trash(MakeDirectory(root, "trash"));
        _mountPoints = new MountPoints(MakeDirectory(root, "mountpoints"), _trash, options.Ids);
        _unsynced = UnsyncedJournal.Open(Path.Combine(root, "unsynced"), DropSuspect);
        foreach (var leftover in Directory.GetFileSystemEntries(_temporary))
        {
            _trash.Take(leftover);
        }
    }

    /// <summary>
    /// Opens the store, creating it when missing. What a crash left half unpacked or half deleted goes away in the background; layers that a
    /// power cut may have damaged are dropped.
    /// </summary>
    /// <param name="root">On a file system that overlayfs accepts as upper (ext4, xfs, btrfs, ...).</param>
    public static LayerStore Open(string root, LayerStoreOptions? options = null) => new(Path.GetFullPath(root), options ?? new LayerStoreOptions());

    /// <summary><see cref="LayerStoreOptions.Ids"/>, for who writes into a layer's directory or reads there.</summary>
    public IdMaps? Ids => _options.Ids;

    /// <summary>Makes everything written so far survive a power cut (syncfs).</summary>
    public Task SyncAsync(CancellationToken cancellationToken = default) => Task.Run(_unsynced.Sync, cancellationToken);

    /// <summary>Stops the background deletion (the next start goes on with it) and ends mounts' teardown.</summary>
    public async ValueTask DisposeAsync()
    {
        await _teardown.DisposeAsync().ConfigureAwait(false);
        await _trash.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until everything removed so far has left the disk; for tests and <c>system prune</c>.</summary>
    public async Task EmptyTrashAsync(CancellationToken cancellationToken = default)
    {
        await _teardown.DrainAsync(cancellationToken).ConfigureAwait(false);
        await _trash.DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    private string LayerPath(Digest chainId) => chainId.Algorithm == "sha256"
        ? Path.Combine(_layers, chainId.Hex)
        : throw GantryException.InvalidArgument($"layers are named by sha256, not {chainId.Algorithm}");

    /// <summary>A power cut came before the layer was synced: its files may be empty. The image record that needs it was not written yet.</summary>
    private void DropSuspect(string name)
    {
        var path = Path.Combine(_layers, name);
        if (Directory.Exists(path))
        {
            _trash.Take(path);
        }
    }

    private static string MakeDirectory(string root, string name) => Directory.CreateDirectory(Path.Combine(root, name)).FullName;
}
