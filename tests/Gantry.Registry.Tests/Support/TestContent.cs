using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gantry.Oci;

namespace Gantry.Registry.Tests.Support;

/// <summary>Blobs and manifests to push.</summary>
internal static class TestContent
{
    internal static byte[] Bytes(int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static Descriptor Describe(byte[] content, string mediaType = MediaTypes.OciLayerGzip) =>
        new() { MediaType = mediaType, Digest = Digest.Of(content), Size = content.Length };

    internal static Digest Sha512(byte[] content) => Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(content)));

    internal static UploadSource Source(byte[] content, Digest digest = default) => new(
        Describe(content) with { Digest = digest.IsEmpty ? Digest.Of(content) : digest },
        (offset, _) => Task.FromResult<Stream>(new MemoryStream(content, (int)offset, content.Length - (int)offset)));

    internal static byte[] Manifest(
        Descriptor config, IEnumerable<Descriptor> layers, string mediaType = MediaTypes.OciManifest, Descriptor? subject = null, string? artifactType = null) =>
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new Manifest
        {
            MediaType = mediaType,
            Config = config,
            Layers = [.. layers],
            Subject = subject,
            ArtifactType = artifactType,
        }, s_options));

    internal static byte[] Index(IEnumerable<Descriptor> manifests, string mediaType = MediaTypes.OciIndex) =>
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new ImageIndex { MediaType = mediaType, Manifests = [.. manifests] }, s_options));

    private static readonly JsonSerializerOptions s_options = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Pushes a one-layer image through the client and returns its manifest.</summary>
    internal static async Task<(byte[] Manifest, byte[] Config, byte[] Layer)> PushImageAsync(RegistryRepository repository, string tag, int layerSize = 10_000, int seed = 1)
    {
        var (config, layer) = (Encoding.UTF8.GetBytes($"{{\"architecture\":\"amd64\",\"os\":\"linux\",\"seed\":{seed}}}"), Bytes(layerSize, seed));
        await repository.UploadAsync(Source(config));
        await repository.UploadAsync(Source(layer));
        var manifest = Manifest(Describe(config, MediaTypes.OciConfig), [Describe(layer)]);
        await repository.PutManifestAsync(tag, MediaTypes.OciManifest, manifest);
        return (manifest, config, layer);
    }
}
