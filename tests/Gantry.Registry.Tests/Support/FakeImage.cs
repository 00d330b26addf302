using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Gantry.IO.Compression;
using Gantry.Oci;

namespace Gantry.Registry.Tests.Support;

/// <summary>An image made for a test: each layer holds one file <c>layerN</c> with random content.</summary>
internal sealed class FakeImage
{
    internal FakeImage(int layers = 3, int layerSize = 200_000, int seed = 1, CompressionKind compression = CompressionKind.Gzip, string architecture = "")
    {
        Architecture = architecture.Length > 0 ? architecture : Platform.Host.Architecture;
        Tars = [.. Enumerable.Range(0, layers).Select(i => Tar($"layer{i}", TestContent.Bytes(layerSize, (seed * 1000) + i)))];
        Blobs = [.. Tars.Select(tar => Compress(tar, compression))];
        Config = Encoding.UTF8.GetBytes(
            $"{{\"architecture\":\"{Architecture}\",\"os\":\"linux\",\"created\":\"2024-01-02T03:04:05Z\",\"config\":{{\"Cmd\":[\"/bin/sh\"]}},"
            + $"\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[{string.Join(',', Tars.Select(tar => $"\"{Digest.Of(tar)}\""))}]}}}}");
        var mediaType = compression switch
        {
            CompressionKind.Gzip => MediaTypes.OciLayerGzip,
            CompressionKind.Zstd => MediaTypes.OciLayerZstd,
            _ => MediaTypes.OciLayer,
        };
        Layers = [.. Blobs.Select(blob => TestContent.Describe(blob, mediaType))];
        Manifest = TestContent.Manifest(TestContent.Describe(Config, MediaTypes.OciConfig), Layers);
    }

    internal string Architecture { get; }

    internal IReadOnlyList<byte[]> Tars { get; }

    internal IReadOnlyList<byte[]> Blobs { get; }

    internal IReadOnlyList<Descriptor> Layers { get; }

    internal byte[] Config { get; init; }

    internal byte[] Manifest { get; init; }

    internal Digest Id => Digest.Of(Config);

    internal IReadOnlyList<Digest> Chain => ChainId.Of([.. Tars.Select(tar => Digest.Of(tar))]);

    internal Descriptor Descriptor => TestContent.Describe(Manifest, MediaTypes.OciManifest) with { Platform = new Platform { Os = "linux", Architecture = Architecture } };

    internal async Task PushAsync(RegistryRepository repository, string tag)
    {
        foreach (var blob in Blobs.Append(Config))
        {
            await repository.UploadAsync(TestContent.Source(blob));
        }

        await repository.PutManifestAsync(tag, MediaTypes.OciManifest, Manifest);
    }

    private static byte[] Tar(string name, byte[] content)
    {
        var output = new MemoryStream();
        using (var writer = new TarWriter(output, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = new MemoryStream(content),
                ModificationTime = DateTimeOffset.UnixEpoch.AddDays(1),
            });
        }

        return output.ToArray();
    }

    private static byte[] Compress(byte[] tar, CompressionKind kind)
    {
        if (kind == CompressionKind.None)
        {
            return tar;
        }

        var output = new MemoryStream();
        using (Stream compressing = kind == CompressionKind.Gzip
            ? new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true)
            : new ZstdSharp.CompressionStream(output, leaveOpen: true))
        {
            compressing.Write(tar);
        }

        return output.ToArray();
    }
}
