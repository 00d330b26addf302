using System.IO.Compression;
using Gantry.Errors;
using Gantry.IO.Compression;
using Gantry.IO.Tar;
using Gantry.Snapshots;

namespace Gantry.Storage.Tests.Layers;

/// <summary>Layers that are little to fetch and much to unpack.</summary>
public sealed class ExpansionTests
{
    private static readonly ExpansionLimit s_limit = new(1 << 20, 100);

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    public async Task A_bomb_is_refused_and_leaves_nothing(string program)
    {
        using var folder = new TestDirectory();
        await using var store = LayerStore.Open(folder["snapshots"], new LayerStoreOptions { Expansion = s_limit });
        var (diffId, tar) = Layer(new byte[8 << 20]);

        var error = await Assert.ThrowsAsync<GantryException>(async () => await ApplyAsync(store, diffId, await PackAsync(program, tar)));

        Assert.Equal(ErrorKind.DataCorrupt, error.Kind);
        Assert.Contains("over 100 times as much is not allowed beyond 1048576 bytes", error.Message, StringComparison.Ordinal);
        await store.EmptyTrashAsync();
        Assert.Empty(Directory.GetFileSystemEntries(folder["snapshots/layers"]));
        Assert.Empty(Directory.GetFileSystemEntries(folder["snapshots/tmp"]));
    }

    [Fact]
    public async Task What_is_small_or_hardly_compressed_passes_and_no_limit_is_none()
    {
        using var folder = new TestDirectory();
        await using var store = LayerStore.Open(folder["limited"], new LayerStoreOptions { Expansion = s_limit });
        await using var free = LayerStore.Open(folder["free"], new LayerStoreOptions { Expansion = null });
        var noise = new byte[4 << 20];
        new Random(1).NextBytes(noise.AsSpan(0, 1 << 20));

        var (small, smallTar) = Layer(new byte[1 << 19]);
        await ApplyAsync(store, small, await PackAsync("gzip", smallTar));
        var (mixed, mixedTar) = Layer(noise);
        await ApplyAsync(store, mixed, await PackAsync("zstd", mixedTar));
        var (plain, plainTar) = Layer(new byte[8 << 20]);
        await ApplyAsync(store, plain, plainTar);
        await ApplyAsync(free, plain, await PackAsync("gzip", plainTar));
    }

    private static (Oci.Digest DiffId, byte[] Tar) Layer(byte[] content) =>
        new TarBuilder().Add(new TarEntry { Name = "file", Kind = TarEntryKind.File, Mode = 0x1A4 }, content).Layer();

    private static async Task ApplyAsync(LayerStore store, Oci.Digest diffId, byte[] blob)
    {
        await using var tar = await store.OpenTarAsync(new MemoryStream(blob));
        await store.ApplyLayerAsync(default, diffId, tar);
    }

    private static async Task<byte[]> PackAsync(string program, byte[] tar)
    {
        var packed = new MemoryStream();
        switch (program)
        {
            case "gzip":
                await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
                {
                    await gzip.WriteAsync(tar);
                }

                break;
            case "zstd":
                await using (var zstd = new ZstdSharp.CompressionStream(packed, leaveOpen: true))
                {
                    await zstd.WriteAsync(tar);
                }

                break;
            default:
                using (var folder = new TestDirectory())
                {
                    await File.WriteAllBytesAsync(folder["tar"], tar);
                    Shell.Run($"{program} {folder["tar"]}");
                    packed.Write(await File.ReadAllBytesAsync(Directory.GetFiles(folder.Path).Single()));
                }

                break;
        }

        return packed.ToArray();
    }
}
