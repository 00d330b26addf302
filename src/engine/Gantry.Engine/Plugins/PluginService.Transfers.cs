using System.Text.Json;
using Gantry.Content;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Plugins.State;
using Gantry.Errors;
using Gantry.Images.Plugins;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Plugins.Managed;
using Gantry.Registry;

namespace Gantry.Engine.Plugins;

/// <summary>Plugins in and out: pull, push, create, upgrade.</summary>
public sealed partial class PluginService
{
    /// <summary>What Docker writes into the configurations of plugins that are made with it; here it is this engine's version.</summary>
    private const string LayersType = "layers";

    private readonly PluginPaths _paths;

    private PluginPuller Puller => new(_core.Parts.Images, _core.Parts.Registry);

    /// <summary><c>GET /plugins/privileges</c>: what a plugin in a registry needs to be granted.</summary>
    /// <exception cref="GantryException">NotFound; Internal: it is no plugin, or the registry fails.</exception>
    public async Task<IReadOnlyList<PluginPrivilege>> PrivilegesAsync(string remote, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var found = await Puller.FindAsync(PluginNames.Parse(remote, string.Empty).Remote, credentials, cancellationToken).ConfigureAwait(false);
        return PluginPrivilege.Of(ConfigurationReader.Read(found.Config.Span));
    }

    /// <summary><c>POST /plugins/pull</c>: installs a plugin, disabled.</summary>
    /// <param name="granted">What it may have; must be exactly what it needs.</param>
    /// <exception cref="GantryException">Conflict: there is one of that name; as <see cref="PrivilegesAsync"/>.</exception>
    public async Task PullAsync(
        PluginNames names, IReadOnlyList<PluginPrivilege> granted, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        using var name = _index.Reserve(names.Local);
        using var lease = _core.Parts.Content.Lease($"pull of plugin {names.Remote}");
        var (image, configuration) = await FetchAsync(names, granted, lease, credentials, progress, cancellationToken).ConfigureAwait(false);
        Install(names.Local, names.Remote.Familiar, image, configuration);
        Publish("pull", names.Remote.Familiar, names.Local);
    }

    /// <summary><c>POST /plugins/NAME/upgrade</c>: replaces the plugin's files and configuration; what was set stays where the new one still has it.</summary>
    /// <exception cref="GantryException">NotFound; Conflict: it is enabled; as <see cref="PullAsync"/>.</exception>
    public async Task UpgradeAsync(
        string name, PluginNames names, IReadOnlyList<PluginPrivilege> granted, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        var entry = _index.Get(name);
        CheckUpgradable(entry.Record);
        using var lease = _core.Parts.Content.Lease($"upgrade of plugin {names.Remote}");
        var (image, configuration) = await FetchAsync(names, granted, lease, credentials, progress, cancellationToken).ConfigureAwait(false);
        using var turn = await TakeAsync(entry, name).ConfigureAwait(false);
        CheckUpgradable(entry.Record);
        var before = entry.Record;
        _index.Update(entry, r => r with
        {
            Image = image,
            Reference = names.Remote.Familiar,
            Configuration = configuration,
            Settings = SettingsChange.Carry(r.Configuration, r.Settings, configuration),
        });
        _runner.Publish(entry);

        // The next start makes a writable layer over the new ones.
        _core.Parts.Layers.RemoveContainerLayer(before.Id);
        _core.Parts.Images.Discard(before.Image);
        Publish("pull", names.Remote.Familiar, before.Name);
    }

    /// <summary><c>POST /plugins/create</c>: makes a plugin of a tar with <c>config.json</c> and <c>rootfs/</c>.</summary>
    /// <exception cref="GantryException">Conflict: there is one of that name; Internal, as Docker has it: malformed; DataCorrupt: a hostile archive.</exception>
    public async Task CreateAsync(string repository, Stream archive, CancellationToken cancellationToken)
    {
        var local = LocalName(repository);
        using var name = _index.Reserve(local);
        using var lease = _core.Parts.Content.Lease($"create of plugin {local}");
        var (json, layer) = await new PluginArchive(_core.Parts.Images).UnpackAsync(archive, lease, cancellationToken).ConfigureAwait(false);
        var configuration = ConfigurationReader.Read(json) with
        {
            DockerVersion = EngineVersion.Text,
            Rootfs = new PluginRootfs { Type = LayersType, DiffIds = [layer.DiffId.ToString()] },
        };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(configuration, ManagedJson.Default.PluginConfiguration);
        var config = await _core.Parts.Content.WriteAsync(lease, bytes, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(_core.Parts.Layers.SyncAsync(cancellationToken), _core.Parts.Content.SyncAsync(cancellationToken)).ConfigureAwait(false);
        var image = new PluginImage
        {
            Config = new Descriptor { MediaType = MediaTypes.DockerPlugin, Digest = config, Size = bytes.Length },
            Chain = [layer.ChainId],
        };
        Publish("create", Install(local, local, image, configuration), local);
    }

    /// <summary><c>POST /plugins/NAME/push</c>.</summary>
    /// <exception cref="GantryException">NotFound; as the registry fails.</exception>
    public Task PushAsync(string name, RegistryCredentials? credentials, IProgress<TransferEvent> progress, CancellationToken cancellationToken)
    {
        var record = _index.Get(name).Record;
        return new PluginPusher(_core.Parts.Images, _core.Parts.Registry)
            .PushAsync(ImageReference.Parse(record.Name), record.Image, credentials, progress, cancellationToken);
    }

    /// <summary>Checks what <see cref="PullAsync"/> will be asked, before the first byte goes out.</summary>
    /// <exception cref="GantryException">Conflict: there is a plugin of that name.</exception>
    public void CheckFree(string local) => _index.Reserve(local).Dispose();

    private async Task<(PluginImage Image, PluginConfiguration Configuration)> FetchAsync(
        PluginNames names, IReadOnlyList<PluginPrivilege> granted, ContentLease lease, RegistryCredentials? credentials, IProgress<TransferEvent> progress,
        CancellationToken cancellationToken)
    {
        var remote = await Puller.FindAsync(names.Remote, credentials, cancellationToken).ConfigureAwait(false);
        progress.Report(new TransferEvent { Status = $"Pulling from {names.Remote.FamiliarName}", Id = names.Remote.Tag ?? names.Remote.Familiar });
        progress.Report(new TransferEvent { Status = $"Digest: {remote.Manifest.Digest}" });
        var configuration = ConfigurationReader.Read(remote.Config.Span);
        if (!PluginPrivilege.AreSame(PluginPrivilege.Of(configuration), granted))
        {
            throw GantryException.Internal("incorrect privileges");
        }

        var known = _index.All().Select(e => e.Record.Image).ToList();
        return (await Puller.PullAsync(names.Remote, remote, known, lease, credentials, progress, cancellationToken).ConfigureAwait(false), configuration);
    }

    /// <summary>Records a plugin whose contents are in the stores; returns its id.</summary>
    private string Install(string local, string reference, PluginImage image, PluginConfiguration configuration)
    {
        var entry = _index.Add(new PluginRecord
        {
            Id = Ids.New(),
            Name = local,
            Reference = reference,
            Enabled = false,
            Configuration = configuration,
            Settings = PluginSettings.Of(configuration),
            Image = image,
        });
        _runner.Publish(entry);
        return entry.Record.Id;
    }

    private static string LocalName(string repository)
    {
        try
        {
            var reference = ImageReference.Parse(repository);
            return reference.Digest.IsEmpty ? reference.WithDefaultTag().Familiar : throw GantryException.Internal("canonical references are not permitted");
        }
        catch (GantryException e) when (e.Kind == ErrorKind.InvalidArgument)
        {
            throw GantryException.Internal($"failed to parse reference {repository}: {e.Message}", e);
        }
    }

    private static void CheckUpgradable(PluginRecord record)
    {
        if (record.Enabled)
        {
            throw GantryException.Conflict($"plugin must be disabled before upgrading: plugin {record.Name} is enabled");
        }
    }
}
