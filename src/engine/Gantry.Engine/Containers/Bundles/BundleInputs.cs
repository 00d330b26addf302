using Gantry.Engine.Containers.Networking;
using Gantry.Engine.Containers.State;

namespace Gantry.Engine.Containers.Bundles;

/// <summary>A mount whose source is there.</summary>
/// <param name="Source">Host path; empty for tmpfs.</param>
internal sealed record PreparedMount(ContainerMount Mount, string Source);

/// <summary>All that goes into a container's bundle.</summary>
internal sealed record BundleInputs(ContainerRecord Record, NetworkPlace Network, IReadOnlyList<PreparedMount> Mounts);
