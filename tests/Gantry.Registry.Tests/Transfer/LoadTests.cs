using System.Formats.Tar;
using System.Text;
using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Archives whose layers are unpacked while they stream by.</summary>
public sealed class LoadTests : IAsyncLifetime
{
    private readonly TestStore _store = TestStore.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_layer_is_on_disk_once(bool byDigest)
    {
        var image = new FakeImage(layers: 3, layerSize: 1_000_000);
        var spooled = -1L;
        var archive = new Watched(Archive(byDigest, (image.Config, image.Tars)), () => spooled = Math.Max(spooled, Size(Path.Combine(_store.DirectoryPath, "content"))));

        var loaded = Assert.Single(await _store.Images.LoadAsync(archive));

        Assert.Equal(image.Id, loaded.Id);
        Assert.InRange(spooled, 0, 100_000);
        AssertContent(image);
        Assert.Empty((await _store.CheckAsync()).Problems);
        await _store.Images.LoadAsync(Archive(byDigest, (image.Config, image.Tars)));
        Assert.Equal(3, _store.Images.Layers.Layers().Count());
    }

    [Fact]
    public async Task One_layer_in_several_places()
    {
        var image = new FakeImage(layers: 3);
        IReadOnlyList<byte[]> twice = [image.Tars[0], image.Tars[1], image.Tars[0]];
        IReadOnlyList<byte[]> swapped = [image.Tars[1], image.Tars[0], image.Tars[2]];
        var (first, second) = (Config(twice), Config(swapped));

        await _store.Images.LoadAsync(Archive(true, (first, twice), (second, swapped)));

        foreach (var (config, tars) in new[] { (first, twice), (second, swapped) })
        {
            var chain = ChainId.Of(_store.Images.Config(Digest.Of(config)).RootFs.DiffIds);
            Assert.Equal(TestContent.Bytes(200_000, 1000), _store.ReadFile(chain[^1], "layer0"));
            Assert.All(chain, id => Assert.True(_store.Images.Layers.Exists(id)));
            Assert.Equal(3, tars.Count);
        }

        Assert.Empty((await _store.CheckAsync()).Problems);
        Assert.Equal(2, _store.Images.Content.Enumerate().Count()); // the configs
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("named wrongly")]
    [InlineData("other than the config says")]
    public async Task A_bad_layer_leaves_nothing(string how)
    {
        var image = new FakeImage(layers: 3);
        var bad = how == "cut" ? image.Tars[0][..100_000] : image.Tars[0];
        IReadOnlyList<byte[]> tars = [bad, image.Tars[1], image.Tars[2]];
        var config = how == "cut" ? Config(tars) : image.Config;
        var archive = Archive(true, (config, tars));
        if (how != "cut")
        {
            // One byte of the first layer's file.
            var bytes = archive.ToArray();
            var at = bytes.AsSpan().IndexOf(bad.AsSpan(600, 100));
            bytes[at] ^= 1;
            archive = how == "named wrongly" ? new MemoryStream(bytes) : Archive(false, (config, [Changed(bad), tars[1], tars[2]]));
        }

        var exception = await Assert.ThrowsAsync<GantryException>(() => _store.Images.LoadAsync(archive));

        Assert.Equal(ErrorKind.DataCorrupt, exception.Kind);
        Assert.Equal(0, _store.Images.Count());
        Assert.Empty(_store.Images.Content.Enumerate());
        await _store.Images.CollectGarbageAsync([]);
        Assert.Empty(_store.Images.Layers.Layers());
    }

    [Fact]
    public async Task Tars_that_are_no_layers_do_not_matter()
    {
        var image = new FakeImage(layers: 1);
        var archive = Archive(true, [(image.Config, image.Tars)], ("notes.tar", image.Tars[0][..2000]), ("more.tar", new FakeImage(seed: 9).Tars[0]));

        Assert.Equal(image.Id, Assert.Single(await _store.Images.LoadAsync(archive)).Id);

        Assert.Single(_store.Images.Layers.Layers());
    }

    private static byte[] Changed(byte[] tar)
    {
        var changed = (byte[])tar.Clone();
        changed[600] ^= 1;
        return changed;
    }

    private void AssertContent(FakeImage image)
    {
        for (var i = 0; i < image.Tars.Count; i++)
        {
            Assert.Equal(image.Tars[i].AsSpan(512, 1_000_000).ToArray(), _store.ReadFile(image.Chain[^1], $"layer{i}"));
        }
    }

    private static byte[] Config(IEnumerable<byte[]> tars) => Encoding.UTF8.GetBytes(
        $"{{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[{string.Join(',', tars.Select(tar => $"\"{Digest.Of(tar)}\""))}]}}}}");

    private static MemoryStream Archive(bool byDigest, params (byte[] Config, IReadOnlyList<byte[]> Tars)[] images) => Archive(byDigest, images, []);

    private static MemoryStream Archive(bool byDigest, (byte[] Config, IReadOnlyList<byte[]> Tars)[] images, params (string Name, byte[] Content)[] more)
    {
        var members = new Dictionary<string, byte[]>();
        string Add(byte[] content, string name)
        {
            name = byDigest ? $"blobs/sha256/{Digest.Of(content).Hex}" : name;
            members[name] = content;
            return name;
        }

        var manifests = images.Select((image, i) =>
        {
            var layers = image.Tars.Select((tar, j) => $"\"{Add(tar, $"{i}-{j}/layer.tar")}\"").ToList();
            return $"{{\"Config\":\"{Add(image.Config, $"{i}.json")}\",\"RepoTags\":[\"loaded:{i}\"],\"Layers\":[{string.Join(',', layers)}]}}";
        }).ToList();
        var output = new MemoryStream();
        using (var writer = new TarWriter(output, leaveOpen: true))
        {
            foreach (var (name, content) in members.Select(m => (m.Key, m.Value)).Concat(more).Append(("manifest.json", Encoding.UTF8.GetBytes($"[{string.Join(',', manifests)}]"))))
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        output.Position = 0;
        return output;
    }

    private static long Size(string directory) => new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Does something at every read of the archive's second half.</summary>
    private sealed class Watched(Stream source, Action onRead) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => Seen(source.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Seen(await source.ReadAsync(buffer, cancellationToken));

        private int Seen(int read)
        {
            if (source.Position > source.Length / 2)
            {
                onRead();
            }

            return read;
        }
    }
}
