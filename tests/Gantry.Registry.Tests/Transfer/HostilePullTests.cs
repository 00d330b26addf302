using System.Text;
using Gantry.Errors;
using Gantry.IO.Compression;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Images that are not what they say: a clear error, nothing stored, and the next pull works.</summary>
public sealed class HostilePullTests
{
    [Fact]
    public async Task Layer_with_wrong_digest()
    {
        var image = new FakeImage(layers: 3);
        var spoiled = true;
        await using var server = new ImageServer(
            async (request, reply, _) =>
            {
                if (!spoiled || !IsLayer(request, image, 1))
                {
                    return false;
                }

                var wrong = (byte[])image.Blobs[1].Clone();
                wrong[^20] ^= 1;
                await reply.SendAsync(200, wrong);
                return true;
            },
            image);
        await using var store = new TestStore();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.Equal(ErrorKind.DataCorrupt, exception.Kind);
        Assert.Equal($"filesystem layer verification failed for digest {image.Layers[1].Digest}", exception.Message);
        store.AssertNothingStored(image);
        Assert.False(store.Images.Content.TryStat(image.Layers[1].Digest, out _));
        spoiled = false;
        Assert.Equal(image.Id, (await store.PullAsync(server.Reference)).Result.ImageId);
    }

    [Fact]
    public async Task Layer_that_is_no_tar()
    {
        var image = new FakeImage(layers: 3);
        await using var server = new ImageServer(
            async (request, reply, _) =>
            {
                if (!IsLayer(request, image, 1))
                {
                    return false;
                }

                await reply.SendAsync(200, TestContent.Bytes(image.Blobs[1].Length));
                return true;
            },
            image);
        await using var store = new TestStore();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.Equal(ErrorKind.DataCorrupt, exception.Kind);
        store.AssertNothingStored(image);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Layer_of_another_size(int more)
    {
        var image = new FakeImage();
        var layers = image.Layers.Select((layer, i) => i == 1 ? layer with { Size = layer.Size + more } : layer);
        var wrong = TestContent.Manifest(TestContent.Describe(image.Config, MediaTypes.OciConfig), layers);
        await using var server = new ImageServer(null, image);
        server.Add(wrong, MediaTypes.OciManifest, "1");
        await using var store = new TestStore();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.Contains($"{image.Layers[1].Size} bytes", exception.Message, StringComparison.Ordinal);
        store.AssertNothingStored(image);
    }

    [Fact]
    public async Task Layer_with_another_content_than_the_config_says()
    {
        var image = new FakeImage();
        var config = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(image.Config).Replace(Digest.Of(image.Tars[1]).Hex, Digest.Of([1]).Hex, StringComparison.Ordinal));
        await using var server = new ImageServer(null, image);
        server.Add(config, MediaTypes.OciConfig);
        server.Add(TestContent.Manifest(TestContent.Describe(config, MediaTypes.OciConfig), image.Layers), MediaTypes.OciManifest, "1");
        await using var store = new TestStore();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.Equal(ErrorKind.DataCorrupt, exception.Kind);
        Assert.StartsWith($"layer verification failed for digest {Digest.Of([1])}", exception.Message, StringComparison.Ordinal);
        store.AssertNothingStored(image);
    }

    [Theory]
    [InlineData("{}", "error pulling image configuration: invalid rootfs in image configuration")]
    [InlineData("nonsense", "invalid image configuration: ")]
    [InlineData("{\"rootfs\":{\"diff_ids\":[]}}", "layers from manifest don't match image configuration")]
    [InlineData("{\"rootfs\":null}", "error pulling image configuration: invalid rootfs in image configuration")]
    [InlineData("{\"rootfs\":{\"diff_ids\":[\"\"]}}", "error pulling image configuration: invalid rootfs in image configuration")]
    public async Task Malformed_config(string text, string message)
    {
        var image = new FakeImage();
        var config = Encoding.UTF8.GetBytes(text);
        await using var server = new ImageServer(null, image);
        server.Add(config, MediaTypes.OciConfig);
        server.Add(TestContent.Manifest(TestContent.Describe(config, MediaTypes.OciConfig), image.Layers), MediaTypes.OciManifest, "1");
        await using var store = new TestStore();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
        store.AssertNothingStored(image);
    }

    [Theory]
    [InlineData("{}", MediaTypes.OciManifest)]
    [InlineData("nonsense", MediaTypes.OciManifest)]
    [InlineData("null", MediaTypes.OciManifest)]
    [InlineData("{\"schemaVersion\":2,\"config\":null,\"layers\":null}", MediaTypes.OciManifest)]
    [InlineData("{\"schemaVersion\":2,\"manifests\":null}", MediaTypes.OciIndex)]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[null,{}]}", MediaTypes.OciIndex)]
    [InlineData("{\"schemaVersion\":1}", MediaTypes.DockerManifestV1Signed)]
    [InlineData("<html></html>", "text/html")]
    public async Task Malformed_manifests(string text, string mediaType)
    {
        var image = new FakeImage();
        await using var server = new ImageServer(null, image);
        server.Add(Encoding.UTF8.GetBytes(text), mediaType, "1");
        await using var store = new TestStore();

        await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        store.AssertNothingStored(image);
    }

    [Fact]
    public async Task Artifact_that_is_no_image()
    {
        var image = new FakeImage();
        await using var server = new ImageServer(null, image);
        server.Add(
            TestContent.Manifest(TestContent.Describe(image.Config, "application/vnd.cncf.helm.config.v1+json"), image.Layers), MediaTypes.OciManifest, "1");
        await using var store = new TestStore();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.Equal("Encountered remote \"application/vnd.cncf.helm.config.v1+json\"(unknown) when fetching", exception.Message);
    }

    [Fact]
    public async Task Indexes_without_end()
    {
        var image = new FakeImage();
        await using var server = new ImageServer(null, image);
        var document = image.Manifest;
        var mediaType = MediaTypes.OciManifest;
        for (var i = 0; i < 20; i++)
        {
            document = TestContent.Index([TestContent.Describe(document, mediaType) with { Platform = Platform.Host }]);
            mediaType = MediaTypes.OciIndex;
            server.Add(document, mediaType);
        }

        server.Add(document, mediaType, "1");
        await using var store = new TestStore();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.Contains("within too many others", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_cut_all_the_time()
    {
        var image = new FakeImage(layers: 4, layerSize: 2_000_000, compression: CompressionKind.Zstd);
        await using var server = new ImageServer(
            async (request, reply, _) =>
            {
                var index = Enumerable.Range(0, 4).FirstOrDefault(i => IsLayer(request, image, i), -1);
                var start = (int)ImageServer.Start(request);
                if (index < 0 || image.Blobs[index].Length - start < 600_000)
                {
                    return false;
                }

                var blob = image.Blobs[index];
                await (start == 0 ? reply.HeadAsync(200, blob.Length)
                    : reply.HeadAsync(206, blob.Length - start, $"Content-Range: bytes {start}-{blob.Length - 1}/{blob.Length}"));
                await reply.RawAsync(blob[start..(start + 500_000)]);
                await Task.Delay(50);
                reply.Cut();
                return true;
            },
            image);
        await using var store = new TestStore();

        var (result, events) = await store.PullAsync(server.Reference);

        Assert.Equal(image.Id, result.ImageId);
        Assert.Contains(events, e => e.Status.StartsWith("Retrying in ", StringComparison.Ordinal));
        Assert.All(image.Blobs, blob => Assert.Equal(
            server.BlobRequests(blob).Select(ImageServer.Start), server.BlobRequests(blob).Select(ImageServer.Start).Distinct().Order()));
    }

    private static bool IsLayer(ScriptedRequest request, FakeImage image, int index) =>
        request.Path.EndsWith(image.Layers[index].Digest.ToString(), StringComparison.Ordinal);
}
