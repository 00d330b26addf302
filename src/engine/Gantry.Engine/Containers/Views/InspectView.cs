using Gantry.Api;
using Gantry.Engine.Containers.Links;
using Gantry.Engine.Containers.Mounts;
using Gantry.Engine.Containers.State;
using Gantry.Oci;

namespace Gantry.Engine.Containers.Views;

/// <summary>A container as <c>inspect</c> shows it.</summary>
internal sealed class InspectView(EngineCore core)
{
    internal ContainerInspectResponse Describe(Container container, bool withSize)
    {
        var record = container.Record;

        // A start that failed has written them already.
        var hasFiles = record.State.StartedBefore || File.Exists(core.Paths.Hosts(record.Id));
        var result = new ContainerInspectResponse
        {
            Id = record.Id,
            Created = GoTime.Format(record.Created),
            Path = record.Path,
            Args = [.. record.Args],
            State = State(record.State),
            Image = record.ImageId,
            ResolvConfPath = hasFiles ? core.Paths.ResolvConf(record.Id) : string.Empty,
            HostnamePath = hasFiles ? core.Paths.Hostname(record.Id) : string.Empty,
            HostsPath = hasFiles ? core.Paths.Hosts(record.Id) : string.Empty,
            LogPath = record.State.StartedBefore && record.HostConfig.LogConfig?.Type == "json-file" ? core.Paths.Log(record.Id) : string.Empty,
            Name = "/" + record.Name,
            RestartCount = record.State.RestartCount,
            Driver = "overlay2",
            Platform = record.Platform,
            MountLabel = string.Empty,
            ProcessLabel = string.Empty,
            AppArmorProfile = string.Empty,
            ExecIDs = container.Execs.IsEmpty ? null : [.. container.Execs.Keys],
            HostConfig = Host(record),
            GraphDriver = Graph(record),
            Mounts = Mounts(record),
            Config = record.Config,
            NetworkSettings = NetworkView.Settings(record, core.Parts.Networks),
        };
        if (withSize)
        {
            result.SizeRw = core.Parts.Layers.Usage(record.Id).Bytes;
            result.SizeRootFs = result.SizeRw + ImageSize(record);
        }

        return result;
    }

    internal long ImageSize(ContainerRecord record) =>
        Digest.TryParse(record.ImageId, out var id) ? core.Parts.Images.Find(id)?.Size ?? 0 : 0;

    internal List<MountPoint> Mounts(ContainerRecord record) => record.Mounts.Select((m, index) => new MountPoint
    {
        Type = m.Type,
        Name = m.Name.Length == 0 ? null : m.Name,
        Source = m.Type switch
        {
            "volume" => core.Parts.Volumes.PathOf(m.Name),
            "image" => ImageMounts.PathOf(core.Paths, record.Id, index),
            _ => m.Source,
        },
        Destination = m.Destination,
        Driver = m.Driver.Length == 0 ? null : core.Parts.Volumes.Find(m.Name)?.Driver ?? m.Driver,
        Mode = m.Mode,
        RW = m.ReadWrite,
        Propagation = m.Propagation,
    }).ToList();

    /// <summary>With links by their names and the limits that the engine has for containers that don't say.</summary>
    private HostConfig Host(ContainerRecord record)
    {
        var host = record.Links.Count == 0 ? record.HostConfig : record.HostConfig with { Links = new ContainerLinks(core).Describe(record) };
        var defaults = core.Settings.DefaultUlimits.Where(limit => host.Ulimits?.Any(own => own.Name == limit.Name) != true)
            .Select(limit => new Ulimit { Name = limit.Name, Soft = limit.Soft, Hard = limit.Hard }).ToList();
        return defaults.Count == 0 ? host : host with { Ulimits = [.. host.Ulimits ?? [], .. defaults] };
    }

    private static ContainerState State(ContainerStateRecord state) => new()
    {
        Status = state.Phase.Name(),
        Running = state.IsActive,
        Paused = state.Phase == ContainerPhase.Paused,
        Restarting = state.Phase == ContainerPhase.Restarting,
        OOMKilled = state.OomKilled,
        Dead = state.Phase == ContainerPhase.Dead,
        Pid = state.Pid,
        ExitCode = state.ExitCode,
        Error = state.Error,
        StartedAt = state.StartedAt is { } started ? GoTime.Format(started) : GoTime.Zero,
        FinishedAt = state.FinishedAt is { } finished ? GoTime.Format(finished) : GoTime.Zero,
        Health = HealthOf(state.Health),
    };

    private static Health? HealthOf(HealthRecord? health) => health is null ? null : new Health
    {
        Status = health.Status,
        FailingStreak = health.FailingStreak,
        Log = health.Log.Count == 0 ? null : [.. health.Log.Select(r => new HealthcheckResult
        {
            Start = GoTime.Format(r.Start),
            End = GoTime.Format(r.End),
            ExitCode = r.ExitCode,
            Output = r.Output,
        })],
    };

    private DriverData Graph(ContainerRecord record)
    {
        var data = new Dictionary<string, string> { ["MergedDir"] = core.Paths.Rootfs(record.Id) };
        if (core.Parts.Layers.FindContainerLayer(record.Id) is { } layer)
        {
            data["UpperDir"] = layer.UpperDirectory;
        }

        return new DriverData { Name = "overlay2", Data = data };
    }
}
