using Gantry.Api;
using Gantry.Engine.Builds;
using Gantry.Engine.Containers;
using Gantry.Engine.Filters;
using Gantry.Engine.Images;
using Gantry.Engine.Volumes;
using Gantry.Errors;

namespace Gantry.Engine.Daemon;

/// <summary>Kinds of objects that <c>GET /system/df</c> measures.</summary>
[Flags]
public enum DiskUsageKinds
{
    None = 0,
    Containers = 1,
    Images = 2,
    Volumes = 4,
    BuildCache = 8,
    All = Containers | Images | Volumes | BuildCache,
}

/// <summary>What everything takes on disk. Measuring walks the containers' and volumes' files.</summary>
public sealed class DiskUsageService
{
    private readonly ContainerService _containers;
    private readonly ImageService _images;
    private readonly VolumeResource _volumes;
    private readonly Func<BuildsService> _builds;

    internal DiskUsageService(ContainerService containers, ImageService images, VolumeResource volumes, Func<BuildsService> builds)
    {
        _containers = containers;
        _images = images;
        _volumes = volumes;
        _builds = builds;
    }

    /// <summary>The kinds by the API's names; none named: all.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static DiskUsageKinds ParseKinds(IReadOnlyList<string> names) => names.Count == 0
        ? DiskUsageKinds.All
        : names.Aggregate(DiskUsageKinds.None, (all, name) => all | name switch
        {
            "container" => DiskUsageKinds.Containers,
            "image" => DiskUsageKinds.Images,
            "volume" => DiskUsageKinds.Volumes,
            "build-cache" => DiskUsageKinds.BuildCache,
            _ => throw GantryException.InvalidArgument($"unknown object type: {name}"),
        });

    /// <summary>Lists that weren't asked for are null.</summary>
    public SystemDataUsageResponse Measure(DiskUsageKinds kinds)
    {
        var images = kinds.HasFlag(DiskUsageKinds.Images) ? _images.DiskUsage() : null;
        return new SystemDataUsageResponse
        {
            LayersSize = images?.UniqueBytes ?? 0,
            Images = images?.Images.ToList(),
            Containers = kinds.HasFlag(DiskUsageKinds.Containers)
                ? [.. _containers.List(new ListRequest(All: true, Limit: 0, Size: true, FilterSet.Empty))]
                : null,
            Volumes = kinds.HasFlag(DiskUsageKinds.Volumes) ? _volumes.DiskUsage() : null,
            BuildCache = kinds.HasFlag(DiskUsageKinds.BuildCache) ? _builds().DiskUsage() : null,
        };
    }
}
