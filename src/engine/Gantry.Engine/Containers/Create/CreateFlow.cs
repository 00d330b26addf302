using Gantry.Api;
using Gantry.Engine.Containers.Links;
using Gantry.Engine.Containers.Logs.Plugins;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Runtime.Spec;

namespace Gantry.Engine.Containers.Create;

/// <summary>Makes a container without starting it: steps 1 to 6 of docs/flows/run.md.</summary>
internal sealed class CreateFlow(EngineCore core, VolumeUse volumes, ImageMounts images, LogPlugins logPlugins)
{
    private const int NameAttempts = 100;

    internal async Task<ContainerCreateResponse> CreateAsync(ContainerCreateRequest request, string name, Platform? platform, bool readOnlyNonRecursive)
    {
        // Most creates are followed by a start.
        core.Parts.Tasks.ExpectStart(more: true);

        // Step 1: what was asked for, completed from the image and the daemon's settings.
        var given = ConfigOf(request);
        var (asked, found) = HostSettingsValidator.Validate(given, request.HostConfig ?? new HostConfig(), core.Host);
        IReadOnlyList<string> warnings = asked.Mounts?.Any(m => m.Type == "image") == true ? [.. found, "Image mount is an experimental feature"] : found;
        CreateValidation.Check(given, asked, [.. core.Settings.Runtimes.Keys]);
        var host = HostConfigCompletion.Complete(asked, core.Settings, core.Host);
        UserNamespaceRules.Check(host, core.Settings);
        logPlugins.Validate(host.LogConfig!.Type!, host.LogConfig.Config ?? []);
        NetworkSelection.CheckConflicts(given, host);
        SharedModes.Resolve(host, core.Containers);
        var links = LinkResolution.Take(host, core.Containers);
        var image = FindImage(given.Image, platform);
        var imageConfig = image is null ? null : core.Parts.Images.Config(image.Id);
        var config = ContainerConfigMerge.Merge(given, imageConfig?.Config);
        PortSpecs.Validate(config, host);
        var id = Ids.New();
        var networks = NetworkSelection.Select(config, host, request.NetworkingConfig, SubnetsOf);
        var mounts = images.Resolve(MountResolution.Resolve(config, host, core.Settings.DataRoot, r => core.Containers.Get(r).Record));
        if (readOnlyNonRecursive)
        {
            mounts = [.. mounts.Select(m => m.Type == "bind" && !m.ReadWrite ? m with { ReadOnlyNonRecursive = true } : m)];
        }

        CompleteHostname(config, host, id);

        // Step 2: the name is taken before anything exists, and given back if something goes wrong.
        var reserved = ReserveName(name, id);
        try
        {
            var record = new ContainerRecord
            {
                Id = id,
                Name = reserved,
                Created = DateTimeOffset.UtcNow,
                ImageId = image?.Id.ToString() ?? string.Empty,
                LayerChain = imageConfig is { RootFs.DiffIds.Count: > 0 } ? ChainId.Of(imageConfig.RootFs.DiffIds)[^1].ToString() : string.Empty,
                Path = ContainerConfigMerge.Command(config).Path,
                Args = ContainerConfigMerge.Command(config).Args,
                Config = config,
                HostConfig = host,
                Mounts = mounts,
                Networks = networks,
                Links = links,
            };
            await BuildAsync(record).ConfigureAwait(false);
            return new ContainerCreateResponse { Id = id, Warnings = [.. warnings] };
        }
        catch
        {
            core.Containers.Release(reserved, id);
            throw;
        }
    }

    private IReadOnlyList<string>? SubnetsOf(string network) =>
        core.Parts.Networks.Find(network) is { } found ? core.Parts.Networks.ConfiguredSubnets(found.Id) : null;

    private async Task BuildAsync(ContainerRecord record)
    {
        var made = new List<string>();
        try
        {
            // A record marked for removal first: if the engine dies while volumes are made, its next start takes all of it back.
            if (record.Mounts.Any(m => m.Type == "volume"))
            {
                core.Records.Put(record.Id, record with { State = new ContainerStateRecord { Phase = ContainerPhase.Removing } }, Durability.Relaxed);
            }

            // Step 3: the writable layer; step 4: volumes, filled from the image where they are empty.
            _ = Digest.TryParse(record.LayerChain, out var chain);
            core.Parts.Layers.CreateContainerLayer(record.Id, chain, RootfsUse.OptionsOf(record));
            images.Create(record);
            made.AddRange(volumes.Create(record));
            await volumes.CopyUpAsync(record).ConfigureAwait(false);
            Directory.CreateDirectory(core.Paths.Container(record.Id));

            // Step 5: the record. A container that removes itself needn't outlive a power cut.
            var durability = record.HostConfig.AutoRemove == true ? Durability.Relaxed : Durability.Durable;
            core.Records.Put(record.Id, record, durability);
        }
        catch
        {
            core.Parts.Layers.RemoveContainerLayer(record.Id);
            images.Remove(record);
            volumes.RemoveMade(made);
            core.Records.Delete(record.Id, Durability.Relaxed);
            Directories.Remove(core.Paths.Container(record.Id));
            throw;
        }

        // Step 6: visible.
        var container = new Container(record);
        core.Containers.Add(container);
        core.Publish(container, "create");
    }

    private static ContainerConfig ConfigOf(ContainerCreateRequest r)
    {
        if (r with { HostConfig = null, NetworkingConfig = null } == new ContainerCreateRequest())
        {
            throw GantryException.InvalidArgument("config cannot be empty in order to create a container");
        }

        return new ContainerConfig
        {
            Hostname = r.Hostname,
            Domainname = r.Domainname,
            User = r.User,
            AttachStdin = r.AttachStdin,
            AttachStdout = r.AttachStdout,
            AttachStderr = r.AttachStderr,
            ExposedPorts = r.ExposedPorts,
            Tty = r.Tty,
            OpenStdin = r.OpenStdin,
            StdinOnce = r.StdinOnce,
            Env = r.Env,
            Cmd = r.Cmd,
            Healthcheck = r.Healthcheck,
            ArgsEscaped = r.ArgsEscaped,
            Image = r.Image,
            Volumes = r.Volumes,
            WorkingDir = r.WorkingDir,
            Entrypoint = r.Entrypoint,
            NetworkDisabled = r.NetworkDisabled,
            MacAddress = r.MacAddress,
            OnBuild = r.OnBuild,
            Labels = r.Labels,
            StopSignal = r.StopSignal,
            StopTimeout = r.StopTimeout,
            Shell = r.Shell,
        };
    }

    /// <summary>Containers whose namespaces are joined must be there already; of the network's only the next start asks.</summary>
    private ImageRecord? FindImage(string? name, Platform? platform) =>
        string.IsNullOrEmpty(name) ? null : core.Parts.Images.Resolve(name, platform);

    private void CompleteHostname(ContainerConfig config, HostConfig host, string id)
    {
        if (!string.IsNullOrEmpty(config.Hostname))
        {
            return;
        }

        config.Hostname = host.NetworkMode == "host" || host.UTSMode == "host" ? Environment.MachineName
            : SharedModes.Find(host.NetworkMode, core.Containers) is { } other ? other.Config.Hostname
            : id[..12];
    }

    private string ReserveName(string name, string id)
    {
        if (name.Length > 0)
        {
            var bare = ContainerNames.Parse(name);
            core.Containers.Reserve(bare, id);
            return bare;
        }

        for (var attempt = 0; attempt < NameAttempts; attempt++)
        {
            var generated = ContainerNames.Generate(attempt);
            if (core.Containers.TryReserve(generated, id))
            {
                return generated;
            }
        }

        core.Containers.Reserve(id[..12], id);
        return id[..12];
    }
}
