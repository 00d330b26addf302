using Gantry.Oci;

namespace Gantry.RegistryServer.Storage;

/// <summary>A manifest as it was pushed.</summary>
internal sealed record StoredManifest(Digest Digest, string MediaType, byte[] Content);
