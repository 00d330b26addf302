using Gantry.Api;
using Gantry.Oci;

namespace Gantry.Images.Queries;

/// <summary>Images in the Engine API's shapes.</summary>
internal static class ImageDescriptions
{
    internal static ImageSummary Summary(ImageRecord image, IEnumerable<ImageReference> names, ImageConfig config) => new()
    {
        Id = image.Id.ToString(),
        ParentId = image.Parent.ToString(),
        RepoTags = [.. names.Where(n => n.Tag is not null).Select(n => n.Familiar)],
        RepoDigests = [.. names.Where(n => !n.Digest.IsEmpty).Select(n => n.Familiar)],
        Created = image.Created?.ToUnixTimeSeconds() ?? 0,
        Size = image.Size,
        SharedSize = -1,
        Containers = -1,
        Labels = config.Config?.Labels?.ToDictionary(),
    };

    internal static ImageInspect Inspect(ImageRecord image, IReadOnlyList<ImageReference> names, ImageConfig config) => new()
    {
        Id = image.Id.ToString(),
        RepoTags = [.. names.Where(n => n.Tag is not null).Select(n => n.Familiar)],
        RepoDigests = [.. names.Where(n => !n.Digest.IsEmpty).Select(n => n.Familiar)],
        Parent = image.Parent.ToString(),
        Comment = config.Comment ?? LastComment(config),
        Created = config.Created,
        DockerVersion = config.DockerVersion ?? string.Empty,
        Author = config.Author ?? string.Empty,
        Config = Config(config.Config ?? new ImageRunConfig()),
        Architecture = config.Architecture,
        Variant = string.IsNullOrEmpty(config.Variant) ? null : config.Variant,
        Os = config.Os,
        OsVersion = string.IsNullOrEmpty(config.OsVersion) ? null : config.OsVersion,
        Size = image.Size,
        GraphDriver = new DriverData { Name = "overlay2", Data = [] },
        RootFS = new ImageInspectRootFS { Type = config.RootFs.Type, Layers = [.. config.RootFs.DiffIds.Select(d => d.ToString())] },
        Metadata = new ImageInspectMetadata { LastTagTime = image.Tagged is { } tagged ? GoTime.Format(tagged) : GoTime.Zero },
    };

    private static string LastComment(ImageConfig config) => config.History is [.., var last] ? last.Comment ?? string.Empty : string.Empty;

    private static ImageInspectConfig Config(ImageRunConfig config) => new()
    {
        User = config.User ?? string.Empty,
        ExposedPorts = config.ExposedPorts?.ToDictionary(p => p.Key, _ => EmptyObject.Instance),
        Env = config.Env?.ToList(),
        Cmd = config.Cmd?.ToList(),
        Healthcheck = config.Healthcheck is not { } health ? null : new HealthcheckConfig
        {
            Test = health.Test?.ToList(),
            Interval = health.Interval,
            Timeout = health.Timeout,
            Retries = health.Retries,
            StartPeriod = health.StartPeriod,
            StartInterval = health.StartInterval,
        },
        ArgsEscaped = config.ArgsEscaped,
        Volumes = config.Volumes?.ToDictionary(v => v.Key, _ => EmptyObject.Instance),
        WorkingDir = config.WorkingDir ?? string.Empty,
        Entrypoint = config.Entrypoint?.ToList(),
        OnBuild = config.OnBuild?.ToList(),
        Labels = config.Labels?.ToDictionary(),
        StopSignal = string.IsNullOrEmpty(config.StopSignal) ? null : config.StopSignal,
        Shell = config.Shell?.ToList(),
    };
}
