using Gantry.Api;
using Gantry.Errors;
using Gantry.Metadata;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Volumes;

/// <summary>Volumes of the local driver: directories <c>ROOT/NAME/_data</c>, or a mount made from type, o and device while in use.</summary>
public sealed partial class VolumeStore
{
    public VolumeStore(Database database, string root)
    {
        _database = database;
        _root = root;
    }

    private readonly Database _database;
    private readonly string _root;

    /// <summary>Creates the volume, or returns the existing one of that name (as Docker does). An empty name makes an anonymous volume.</summary>
    /// <exception cref="GantryException">InvalidArgument, NotFound (driver), Conflict, in Docker's words.</exception>
    public VolumeRecord Create(VolumeCreateOptions options) => throw GantryException.NotImplemented($"{_database} {_root}");

    public VolumeRecord? Find(string name) => throw GantryException.NotImplemented(name);

    /// <exception cref="GantryException">NotFound <c>get NAME: no such volume</c>.</exception>
    public VolumeRecord Get(string name) => throw GantryException.NotImplemented(name);

    /// <summary>By name. Filters: dangling, driver, label, name.</summary>
    public IReadOnlyList<VolumeRecord> List(
        IReadOnlyDictionary<string, IReadOnlyList<string>> filters, IReadOnlyDictionary<string, IReadOnlyList<string>> usersByVolume) =>
        throw GantryException.NotImplemented("list");

    /// <summary>Removes the volume and its data.</summary>
    /// <param name="users">Ids of the containers that use it.</param>
    /// <exception cref="GantryException">NotFound; Conflict <c>remove NAME: volume is in use - [ids]</c>.</exception>
    public void Remove(string name, IReadOnlyList<string> users, bool force) => throw GantryException.NotImplemented(name);

    /// <summary><c>POST /volumes/prune</c>: unused anonymous ones, or all unused with the filter all=true.</summary>
    public VolumePruneResponse Prune(IReadOnlyDictionary<string, IReadOnlyList<string>> filters, Func<string, bool> inUse) =>
        throw GantryException.NotImplemented("prune");

    /// <summary>Makes the volume's directory usable for one more container (mounts device volumes on first use) and returns its host path.</summary>
    public string Acquire(string name, string containerId) => throw GantryException.NotImplemented(name);

    /// <summary>The counterpart of <see cref="Acquire"/>; unknown names and containers are fine.</summary>
    public void Release(string name, string containerId) => throw GantryException.NotImplemented(name);

    /// <summary>
    /// Copies <paramref name="path"/> of a container's root file system into the volume when that is empty: contents, owners, modes, xattrs,
    /// and the directory's own owner and mode. Links are resolved inside <paramref name="rootfs"/>. False when there was nothing to do.
    /// </summary>
    public bool CopyUp(string name, SafeFileHandle rootfs, string path, CancellationToken cancellationToken = default) =>
        throw GantryException.NotImplemented(name);

    /// <summary>As the API shows it; with usage data when <paramref name="users"/> is given (walks the volume).</summary>
    public Volume Describe(VolumeRecord volume, int? users = null) => throw GantryException.NotImplemented(volume.Name);
}
