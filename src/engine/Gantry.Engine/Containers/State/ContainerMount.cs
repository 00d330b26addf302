namespace Gantry.Engine.Containers.State;

/// <summary>One mount of a container as it was resolved at create.</summary>
public sealed record ContainerMount
{
    /// <summary><c>bind</c>, <c>volume</c>, <c>tmpfs</c> or <c>image</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Absolute path in the container, cleaned.</summary>
    public required string Destination { get; init; }

    /// <summary>Name of the volume, the image as it was named, or empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Path on the host of a bind; of volumes it is asked for at start.</summary>
    public string Source { get; init; } = "";

    /// <summary>Volume driver, or empty.</summary>
    public string Driver { get; init; } = "";

    /// <summary>Options as the user gave them in the third part of <c>-v</c>.</summary>
    public string Mode { get; init; } = "";

    public bool ReadWrite { get; init; } = true;

    /// <summary>Mount propagation of a bind: <c>rprivate</c>, <c>rshared</c>, …</summary>
    public string Propagation { get; init; } = "";

    /// <summary>The engine named the volume; <c>rm -v</c> removes it.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Fill an empty volume from the image's directory at first start.</summary>
    public bool CopyUp { get; init; }

    /// <summary>Make a missing bind source (<c>-v</c>; <c>--mount</c> wants it there).</summary>
    public bool CreateSource { get; init; }

    /// <summary>Bind only the mount itself, not those below it.</summary>
    public bool NonRecursive { get; init; }

    /// <summary>Leave mounts below a read-only bind writable.</summary>
    public bool ReadOnlyNonRecursive { get; init; }

    /// <summary>Fail where the kernel can't make mounts below read-only.</summary>
    public bool ReadOnlyForceRecursive { get; init; }

    /// <summary>Directory inside the volume, or directory or file inside the image, or empty.</summary>
    public string Subpath { get; init; } = "";

    /// <summary>Of an image that is mounted: its id.</summary>
    public string ImageId { get; init; } = "";

    /// <summary>Of an image that is mounted: the chain id of its topmost layer; empty for an image without layers.</summary>
    public string ImageChain { get; init; } = "";

    /// <summary>mount(8) options of a tmpfs.</summary>
    public string TmpfsOptions { get; init; } = "";
}
