using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Proxy;

/// <summary>A repository here that is a copy of an upstream's.</summary>
/// <param name="Name">Its name here.</param>
/// <param name="Path">Its name there.</param>
internal sealed record UpstreamRepository(Upstream Upstream, RepositoryName Name, RepositoryName Path);
