namespace Gantry.Engine.Containers.State;

/// <summary>A legacy link (<c>--link</c>) of a container on the default bridge to another one there.</summary>
/// <param name="Id">The linked container; when it is gone the link means nothing.</param>
/// <param name="Alias">Its name inside the container.</param>
public sealed record ContainerLink(string Id, string Alias);
