using System.Security.Cryptography;
using Gantry.Api;
using Gantry.Errors;
using Gantry.IO.Trees;
using Gantry.Linux;
using Gantry.Metadata;
using Gantry.Volumes.Plugins;

namespace Gantry.Volumes;

/// <summary>
/// Volumes: of the local driver, which are directories <c>ROOT/NAME/_data</c> or a mount made from type, o and device while in use, and of plugins.
/// </summary>
/// <remarks>
/// The record in the database decides: a directory without a record is what a crash left of a removal or of a creation that nobody was
/// told of, and is taken over by the next volume of that name only after it was emptied.
/// </remarks>
public sealed partial class VolumeStore
{
    private const string AnonymousLabel = "com.docker.volume.anonymous";

    private readonly Lock _lock = new();
    private readonly RecordTable<VolumeRecord> _records;
    private readonly string _root;
    private readonly IdMaps? _ids;

    /// <param name="plugins">Owned by the caller.</param>
    /// <param name="ids">Maps of the user namespaces that containers run in: new volumes belong to their root. Null for none.</param>
    public VolumeStore(Database database, string root, VolumePlugins plugins, IdMaps? ids = null)
    {
        _ids = ids;
        _plugins = plugins;
        _records = new RecordTable<VolumeRecord>(database, "volume", VolumeJson.Default.VolumeRecord);
        _root = root;
        Directory.CreateDirectory(root);
        File.SetUnixFileMode(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>Creates the volume, or returns the existing one of that name (as Docker does). An empty name makes an anonymous volume.</summary>
    /// <param name="used">Whether containers have a volume of that name.</param>
    /// <exception cref="GantryException">InvalidArgument, NotFound (driver), Conflict, in Docker's words.</exception>
    public VolumeRecord Create(VolumeCreateOptions options, bool used = false)
    {
        var anonymous = string.IsNullOrEmpty(options.Name);
        var name = anonymous ? VolumeNames.Anonymous() : options.Name!;
        VolumeNames.Check(name);

        // Options of a volume that exists are not looked at. Plugins are asked outside the lock: they may take their time.
        if (Existing(name, options.Driver, used) is { } known)
        {
            return known;
        }

        if (options.Driver is not (null or "" or Local))
        {
            return CreateWithPlugin(name, anonymous, options);
        }

        if (string.IsNullOrEmpty(options.Driver) && !anonymous && Probe(name) is { } found)
        {
            return Adopt(name, anonymous: false, _plugins.Get(found.Driver), new VolumeCreateOptions());
        }

        lock (_lock)
        {
            if (_records.Find(name) is { } existing)
            {
                return existing;
            }

            VolumeOptions.Check(name, options.DriverOpts);
            return Make(name, anonymous, options);
        }
    }

    public VolumeRecord? Find(string name) => _records.Find(name);

    /// <exception cref="GantryException">NotFound <c>get NAME: no such volume</c>.</exception>
    public VolumeRecord Get(string name) => Find(name) ?? (name.Length == 0 ? null : Probe(name)) ?? throw GantryException.NotFound(name.Length == 0 ? "get: no such volume" : $"get {name}: no such volume");

    /// <summary>By name. Filters: dangling, driver, label, name.</summary>
    /// <param name="warnings">Gets a line for each plugin that could not tell its volumes.</param>
    public IReadOnlyList<VolumeRecord> List(
        IReadOnlyDictionary<string, IReadOnlyList<string>> filters, IReadOnlyDictionary<string, IReadOnlyList<string>> usersByVolume, List<string> warnings)
    {
        var wanted = VolumeFilters.ForList(filters);
        return [.. Listed(warnings).Where(v => wanted.Accepts(v, () => !usersByVolume.ContainsKey(v.Name)))];
    }

    /// <summary>Removes the volume and its data.</summary>
    /// <param name="users">Ids of the containers that use it.</param>
    /// <exception cref="GantryException">NotFound; Conflict <c>remove NAME: volume is in use - [ids]</c>.</exception>
    public void Remove(string name, IReadOnlyList<string> users, bool force)
    {
        if ((Find(name) ?? Probe(name)) is not { } volume)
        {
            if (force)
            {
                return;
            }

            throw GantryException.NotFound($"get {name}: no such volume");
        }

        if (users.Count > 0)
        {
            throw GantryException.Conflict($"remove {name}: volume is in use - [{string.Join(", ", users)}]");
        }

        if (volume.Driver != Local)
        {
            RemoveFromPlugin(volume, force);
            return;
        }

        lock (_lock)
        {
            Delete(name);
        }
    }

    /// <summary><c>POST /volumes/prune</c>: unused anonymous ones, or all unused with the filter all=true.</summary>
    public VolumePruneResponse Prune(IReadOnlyDictionary<string, IReadOnlyList<string>> filters, Func<string, bool> inUse)
    {
        var wanted = VolumeFilters.ForPrune(filters);
        var all = wanted.Flag("all") ?? false;
        var removed = new List<string>();
        var freed = 0L;
        foreach (var volume in _records.All().Select(r => r.Value).Where(v => v.Driver == Local && (all || v.Anonymous) && wanted.Accepts(v, () => true)))
        {
            lock (_lock)
            {
                if (!inUse(volume.Name))
                {
                    freed += VolumeOptions.IsMount(volume.Options) ? 0 : VolumeUsage.Of(volume.Mountpoint);
                    Delete(volume.Name);
                    removed.Add(volume.Name);
                }
            }
        }

        return new VolumePruneResponse { VolumesDeleted = removed, SpaceReclaimed = freed };
    }

    /// <summary>As the API shows it; with usage data when <paramref name="users"/> is given (walks the volume).</summary>
    public Volume Describe(VolumeRecord volume, int? users = null) => volume.Driver != Local ? DescribePlugin(volume) : new()
    {
        CreatedAt = volume.Created.ToString("yyyy-MM-ddTHH:mm:ssK", System.Globalization.CultureInfo.InvariantCulture).Replace("+00:00", "Z", StringComparison.Ordinal),
        Driver = volume.Driver,
        Labels = volume.Labels?.ToDictionary(),
        Mountpoint = volume.Mountpoint,
        Name = volume.Name,
        Options = volume.Options?.ToDictionary(),
        Scope = "local",
        UsageData = users is null ? null : new VolumeUsageData
        {
            RefCount = users,
            Size = VolumeOptions.IsMount(volume.Options) ? 0 : VolumeUsage.Of(volume.Mountpoint),
        },
    };

    /// <summary>Volumes without a name of a user's are marked, so that pruning finds them.</summary>
    private static Dictionary<string, string> WithAnonymousLabel(Dictionary<string, string>? labels) =>
        new(labels ?? []) { [AnonymousLabel] = string.Empty };

    private VolumeRecord Make(string name, bool anonymous, VolumeCreateOptions options)
    {
        var directory = Path.Combine(_root, name);
        TreeRemover.Remove(directory);

        var data = Path.Combine(directory, "_data");
        Directory.CreateDirectory(data);
        _ids?.GiveToRoot(data);
        var record = new VolumeRecord
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            Name = name,
            Anonymous = anonymous || options.Labels?.ContainsKey(AnonymousLabel) == true,
            Labels = anonymous ? WithAnonymousLabel(options.Labels) : options.Labels is { Count: > 0 } ? options.Labels : null,
            Options = options.DriverOpts is { Count: > 0 } ? options.DriverOpts : null,
            Created = DateTimeOffset.UtcNow,
            Mountpoint = data,
        };
        // A named volume was promised to a user; an anonymous one comes with its container, on the start path.
        _records.Put(name, record, anonymous ? Durability.Relaxed : Durability.Durable);
        return record;
    }

    /// <summary>The record goes first: a crash in between leaves a directory that <see cref="Make"/> empties.</summary>
    private void Delete(string name)
    {
        Unmount(name);
        _records.Delete(name, Durability.Durable);
        var directory = Path.Combine(_root, name);
        TreeRemover.Remove(directory);
    }
}
