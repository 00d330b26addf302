using Gantry.Api;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>What <see cref="OciSpecBuilder"/> can't know from a container's configuration.</summary>
public sealed record SpecContext
{
    public required string ContainerId { get; init; }

    /// <summary>Absolute path of the mounted root filesystem.</summary>
    public required string RootfsPath { get; init; }

    public required HostFacts Host { get; init; }

    /// <summary>From <see cref="UserResolver"/>, for the container's <c>User</c> and <c>GroupAdd</c>.</summary>
    public required RuntimeUser User { get; init; }

    /// <summary>Bind mounts in the order they were asked for; tmpfs come from the HostConfig.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>The namespace made for the container, or of the one it joins; null lets the runtime make one (or none with mode host).</summary>
    public string? NetworkNamespacePath { get; init; }

    /// <summary>Maps of the engine's user namespaces; null where it has none. Used unless the HostConfig says <c>host</c>.</summary>
    public IdMaps? Ids { get; init; }

    /// <summary>The user namespace that the other namespaces with paths belong to; null lets the runtime make one.</summary>
    public string? UserNamespacePath { get; init; }

    /// <summary>The network namespace belongs to another user namespace than the container's, so that nothing in it can be set from inside.</summary>
    public bool IsNetworkForeign { get; init; }

    /// <summary>For mode <c>container:ID</c>: the namespace file of that container.</summary>
    public string? PidNamespacePath { get; init; }

    /// <inheritdoc cref="PidNamespacePath"/>
    public string? IpcNamespacePath { get; init; }

    /// <summary>The engine's tmpfs for IPC mode <c>shareable</c>, or the other container's for <c>container:ID</c>.</summary>
    public string? ShmPath { get; init; }

    /// <summary>cgroup above the container's own, absolute below each hierarchy's root; a HostConfig's <c>CgroupParent</c> wins.</summary>
    public string CgroupParent { get; init; } = "/docker";

    /// <summary>
    /// A static init for <c>--init</c> (see <see cref="InitBinary"/>); null when the host has none, which then is an error.
    /// </summary>
    public string? InitPath { get; init; }

    /// <summary>The devices that <c>--device vendor/class=name</c> can name; null where they are switched off.</summary>
    public CdiDevices? Devices { get; init; }

    /// <summary>The AppArmor profile of containers that name none; only used where AppArmor is on.</summary>
    public string? DefaultAppArmorProfile { get; init; }

    /// <summary>The engine's seccomp default: null is the built-in one, else <c>unconfined</c> or a profile's JSON.</summary>
    public string? DefaultSeccompProfile { get; init; }

    /// <summary>For containers that don't say whether their processes may gain privileges (<c>--no-new-privileges</c>).</summary>
    public bool DefaultNoNewPrivileges { get; init; }

    /// <summary>Limits (<c>--default-ulimit</c>) for containers that don't set them.</summary>
    public IReadOnlyList<Ulimit> DefaultUlimits { get; init; } = [];

    /// <summary>Environment below the image's and the user's, after PATH, HOSTNAME and TERM (legacy links).</summary>
    public IReadOnlyList<string> EngineEnvironment { get; init; } = [];
}
