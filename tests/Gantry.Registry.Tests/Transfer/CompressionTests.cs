using System.Text;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Pushes that say in which form the layers are to be sent.</summary>
public sealed class CompressionTests : IAsyncLifetime
{
    private readonly FakeImage _image = new(layers: 2, seed: 1);
    private readonly TestStore _store = new();
    private TestRegistry _registry = null!;

    public async Task InitializeAsync() => _registry = await TestRegistry.StartAsync();

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData("zstd", "", MediaTypes.OciLayerZstd)]
    [InlineData("zstd", "19", MediaTypes.OciLayerZstd)]
    [InlineData("gzip", "9", MediaTypes.DockerLayerGzip)]
    [InlineData("uncompressed", "", MediaTypes.DockerLayer)]
    public async Task Layers_go_out_in_the_form_asked_for(string kind, string level, string mediaType)
    {
        var target = await ImportAsync();

        var (pushed, _) = await _store.PushAsync(target, compression: LayerCompression.Parse(kind, level));

        var manifest = await ManifestAsync("a/b", pushed[0].Digest);
        Assert.All(manifest.Layers, layer => Assert.Equal(mediaType, layer.MediaType));
        await using var other = new TestStore();
        Assert.Equal(_store.Images.Resolve(target.Familiar).Id, (await other.PullAsync(target)).Result.ImageId);
        Assert.Empty((await other.CheckAsync()).Problems);
        Assert.Empty((await _store.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Compressed_once()
    {
        var target = await ImportAsync();
        await _store.PushAsync(target, compression: LayerCompression.Parse("zstd", "7"));
        var made = Blobs();
        _store.Images.Tag(target.Familiar, _registry.Reference("c/d:1"));

        // What was left alone has the time that it was made at.
        var (pushed, _) = await _store.PushAsync(_registry.Reference("c/d:1"), compression: LayerCompression.Parse("zstd", "7"));
        await _store.PushAsync(_registry.Reference("c/d:1"), compression: LayerCompression.Parse("zstd", ""));

        Assert.Equal(made, Blobs().Where(blob => made.ContainsKey(blob.Key)).ToDictionary());
        Assert.Equal(MediaTypes.OciLayerZstd, Assert.Single((await ManifestAsync("c/d", pushed[0].Digest)).Layers).MediaType);
    }

    [Fact]
    public async Task A_form_asked_for_once_is_not_the_next_pushs()
    {
        var target = await ImportAsync();
        var (first, _) = await _store.PushAsync(target, compression: LayerCompression.Parse("zstd", ""));
        var (plain, _) = await _store.PushAsync(target);
        var (again, _) = await _store.PushAsync(target, compression: LayerCompression.Parse("zstd", ""));

        Assert.Equal(first[0].Digest, again[0].Digest);
        Assert.Equal(MediaTypes.DockerLayerGzip, Assert.Single((await ManifestAsync("a/b", plain[0].Digest)).Layers).MediaType);
    }

    [Fact]
    public async Task Levels_have_blobs_of_their_own()
    {
        var target = await ImportAsync(content: Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{i * 7919} "))));

        var (low, _) = await _store.PushAsync(target, compression: LayerCompression.Parse("zstd", "1"));
        var (high, _) = await _store.PushAsync(target, compression: LayerCompression.Parse("zstd", "19"));

        Assert.True((await ManifestAsync("a/b", high[0].Digest)).Layers[0].Size < (await ManifestAsync("a/b", low[0].Digest)).Layers[0].Size);
    }

    [Fact]
    public async Task What_was_pulled_keeps_its_manifest_for_pushes_without_a_wish()
    {
        await using var server = new ImageServer(null, _image);
        var target = _registry.Reference("a/b:1");
        await _store.PullAsync(server.Reference);
        _store.Images.Tag(server.Reference.Familiar, target);

        var (zstd, _) = await _store.PushAsync(target, compression: LayerCompression.Parse("zstd", ""));
        var (same, _) = await _store.PushAsync(target, compression: LayerCompression.Parse("gzip", ""));
        var (unasked, _) = await _store.PushAsync(target);

        Assert.All((await ManifestAsync("a/b", zstd[0].Digest)).Layers, layer => Assert.Equal(MediaTypes.OciLayerZstd, layer.MediaType));
        Assert.Equal(_image.Id, (await ManifestAsync("a/b", zstd[0].Digest)).Config.Digest);
        Assert.Equal(Digest.Of(_image.Manifest), same[0].Digest);
        Assert.Equal(Digest.Of(_image.Manifest), unasked[0].Digest);
    }

    [Fact]
    public async Task Blobs_made_for_pushes_go_with_the_image()
    {
        var target = await ImportAsync();
        await _store.PushAsync(target, compression: LayerCompression.Parse("zstd", ""));
        await _store.PushAsync(target);

        await _store.Images.RemoveAsync(target.Familiar, new RemoveImageOptions());

        Assert.Empty(_store.Images.Content.Enumerate());
    }

    [Theory]
    [InlineData("lzma", "", "invalid compression \"lzma\": it must be gzip, zstd or uncompressed")]
    [InlineData("", "3", "a compression level needs a compression")]
    [InlineData("uncompressed", "1", "what is not compressed has no compression level")]
    [InlineData("gzip", "10", "invalid compression level \"10\" for gzip: it must be from 1 to 9")]
    [InlineData("zstd", "0", "invalid compression level \"0\" for zstd: it must be from 1 to 19")]
    [InlineData("zstd", "+3", "invalid compression level \"+3\" for zstd: it must be from 1 to 19")]
    public void Nonsense_is_refused(string kind, string level, string message)
    {
        var refused = Assert.Throws<GantryException>(() => LayerCompression.Parse(kind, level));

        Assert.Equal((ErrorKind.InvalidArgument, message), (refused.Kind, refused.Message));
    }

    /// <summary>An image made here, with one layer.</summary>
    private async Task<ImageReference> ImportAsync(byte[]? content = null)
    {
        var target = _registry.Reference("a/b:1");
        using var tar = new MemoryStream();
        await using (var writer = new System.Formats.Tar.TarWriter(tar, leaveOpen: true))
        {
            writer.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "file")
            {
                DataStream = new MemoryStream(content ?? TestContent.Bytes(300_000)),
            });
        }

        tar.Position = 0;
        await _store.Images.ImportAsync(tar, new ImportOptions { Reference = target });
        return target;
    }

    private async Task<Manifest> ManifestAsync(string repository, Digest digest) =>
        JsonSerializer.Deserialize(await _registry.Http.GetByteArrayAsync($"/v2/{repository}/manifests/{digest}"), OciJson.Default.Manifest)!;

    private Dictionary<Digest, DateTime> Blobs() =>
        _store.Images.Content.Enumerate().ToDictionary(blob => blob.Digest, blob => File.GetLastWriteTimeUtc(_store.Images.Content.PathOf(blob.Digest)));
}
