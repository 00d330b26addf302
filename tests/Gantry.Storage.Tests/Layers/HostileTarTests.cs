using System.Text;
using CsCheck;
using Gantry.Errors;
using Gantry.IO.Tar;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Storage.Tests.Layers;

/// <summary>Tars made to do harm: each ends in a clear error, leaves nothing behind and touches nothing outside.</summary>
public sealed class HostileTarTests : IDisposable
{
    private readonly LayerStoreFixture _fixture = new();
    private readonly TestDirectory _outside = new();

    public HostileTarTests() => File.WriteAllText(_outside["target"], "untouched");

    public void Dispose()
    {
        _fixture.Dispose();
        _outside.Dispose();
    }

    [Fact]
    public async Task Paths_out_of_the_root()
    {
        await RefusedAsync(new TarBuilder().File("../evil"), "outside of the root");
        await RefusedAsync(new TarBuilder().File("a/../../evil"), "outside of the root");
        await RefusedAsync(new TarBuilder().Directory("/../.."), "outside of the root");
        await RefusedAsync(new TarBuilder().Hardlink("a", "../../etc/passwd"), "outside of the root");
        await RefusedAsync(new TarBuilder().Symlink("d/link", "../../etc"), "invalid symlink");
        await RefusedAsync(new TarBuilder().Symlink("l", ".."), "invalid symlink");
    }

    [Fact]
    public async Task Symlinks_to_the_host_lead_into_the_layer()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder()
            .Symlink("out", _outside.Path)
            .File("out/target", "inside")
            .File("out/new", "inside")
            .Hardlink("hard", "out/target")
            .Symlink("chain", "out").File("chain/target2", "inside"));

        Assert.Equal("untouched", File.ReadAllText(_outside["target"]));
        Assert.Equal(["target"], Directory.GetFileSystemEntries(_outside.Path).Select(Path.GetFileName));
        var inside = _fixture.Store.DiffDirectory(layer.ChainId) + _outside.Path;
        Assert.Equal(["new", "target", "target2"], Directory.GetFileSystemEntries(inside).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_file_over_a_symlink_replaces_it()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().Symlink("s", _outside["target"]).File("s", "own"));

        Assert.Equal("untouched", File.ReadAllText(_outside["target"]));
        Assert.Equal("own", File.ReadAllText(Path.Combine(_fixture.Store.DiffDirectory(layer.ChainId), "s")));
    }

    [Fact]
    public async Task Links_to_nothing_or_to_directories()
    {
        await RefusedAsync(new TarBuilder().Hardlink("h", "missing"), "no such file");
        await RefusedAsync(new TarBuilder().Hardlink("h", "h"), "no such file");
        await RefusedAsync(new TarBuilder().Directory("d").Hardlink("h", "d"), "is a directory");
        await RefusedAsync(new TarBuilder().Hardlink("h", "/"), "no such file");
        await RefusedAsync(new TarBuilder().Symlink("loop", "loop").File("loop/f"), "not a directory");
        await RefusedAsync(new TarBuilder().File("f", "x").File("f/g"), "not a directory");
        await RefusedAsync(new TarBuilder().File(".", "x"), "root");
        await RefusedAsync(new TarBuilder().File("..wh/.wh.", "x"), "whiteout of nothing");
        await RefusedAsync(new TarBuilder().File("a/.wh...", "x"), "whiteout of nothing");
    }

    [Fact]
    public async Task Overlays_own_attributes_cant_be_set()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().Add(new TarEntry
        {
            Name = "d",
            Kind = TarEntryKind.Directory,
            Mode = 0x1ED,
            Xattrs = [new("trusted.overlay.redirect", "/etc"u8.ToArray()), new("trusted.overlay.metacopy", []), new("user.fine", [1])],
        }));

        Assert.Equal(["user.fine"], Linux.Xattrs.List(Linux.FileAt.CurrentDirectory, Path.Combine(_fixture.Store.DiffDirectory(layer.ChainId), "d")));
    }

    [Fact]
    public async Task Names_longer_than_the_kernel_takes()
    {
        await RefusedAsync(new TarBuilder().File(new string('n', 256)), "too long");
        await RefusedAsync(new TarBuilder().File(string.Join('/', Enumerable.Repeat("abcdefgh", 600))), "name of more than");
        await RefusedAsync(new TarBuilder().Symlink("s", new string('t', 5000)), "name of more than");
    }

    [Fact]
    public async Task A_very_deep_tree_is_unpacked_and_removed()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().File(string.Join('/', Enumerable.Repeat("d", 2000)), "bottom"));

        Assert.True(_fixture.Store.RemoveLayer(layer.ChainId));
        await _fixture.Store.EmptyTrashAsync();
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_fixture.Root, "trash")));
    }

    [Fact]
    public async Task Truncated_archives()
    {
        var tar = new TarBuilder().File("f", new string('x', 5000)).File("g", "y").Build();
        foreach (var length in (int[])[100, 512, 3000, 5700])
        {
            await RefusedAsync(tar[..length], "unexpected EOF");
        }
    }

    [Fact]
    public async Task An_archive_may_end_in_the_padding_of_its_last_file()
    {
        var tar = new TarBuilder().File("f", new string('x', 5000)).Build();
        foreach (var length in (int[])[512 + 5000, 512 + 5001, 512 + 5120])
        {
            using var reader = new TarReader(new MemoryStream(tar, 0, length));
            Assert.Equal(5000, (await reader.ReadEntryAsync())?.Size);
            Assert.Null(await reader.ReadEntryAsync());
        }
    }

    [Fact]
    public async Task Data_after_the_end()
    {
        await RefusedAsync([.. new TarBuilder().File("f", "x").Build(), .. new TarBuilder().File("g", "y").Build()], "data after the end");
        await RefusedAsync([.. new byte[1024], 1], "data after the end");
    }

    [Fact]
    public async Task Numbers_that_lie()
    {
        var tar = new TarBuilder().File("f", "x").Build();
        await RefusedAsync(With(tar, 124, "77777777777\0"), "unexpected EOF");
        await RefusedAsync(With(tar, 124, "\u0080\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"), "archive/tar: invalid tar header");
        await RefusedAsync(With(tar, 124, "\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"), "larger than allowed");
        await RefusedAsync(With(tar, 124, "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"), "negative size");
        await RefusedAsync(With(tar, 124, "12x45678901\0"), "archive/tar: invalid tar header");
        await RefusedAsync(With(tar, 108, "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"), "an id of");
        await RefusedAsync(With(tar, 156, "V"), "unhandled header type");
        tar[0] ^= 1;
        await RefusedAsync(tar, "archive/tar: invalid tar header");
    }

    [Fact]
    public async Task Extended_headers_that_lie()
    {
        await RefusedAsync(Pax("size", "-1"), "negative size");
        await RefusedAsync(Pax("size", "99999999999999999999"), "not a number");
        await RefusedAsync(Pax("mtime", "never"), "not a time");
        await RefusedAsync(Pax("path", "../../evil"), "outside of the root");
        await RefusedAsync(Pax("path", "a\0b"), "NUL");
        await RefusedAsync(Pax("GNU.sparse.map", "5,10,3,1", ("GNU.sparse.size", "100")), "doesn't fit");
        await RefusedAsync(Pax("GNU.sparse.map", "0,50", ("GNU.sparse.size", "100")), "doesn't match");
        await RefusedAsync(Pax("GNU.sparse.map", "0,1,9223372036854775807,9223372036854775807", ("GNU.sparse.size", "9223372036854775807")), "sparse map");
        await RefusedAsync(Header("x", 'x', "5 a=\n9999 b=c\n"), "wrong length");
        await RefusedAsync(Header("x", 'x', new string('y', 2 << 20)), "extended header of");
        await RefusedAsync([.. Header("x", 'L', "name\0"), .. new byte[1024]], "without a member");
    }

    [Fact]
    public async Task More_than_the_limits()
    {
        await using var store = LayerStore.Open(_outside["limited"], new LayerStoreOptions { MaxEntries = 10, MaxBytes = 1000 });
        var many = new TarBuilder();
        for (var i = 0; i < 11; i++)
        {
            many.File($"f{i}");
        }

        foreach (var tar in (byte[][])[many.Build(), new TarBuilder().File("f", new string('x', 600)).File("g", new string('x', 600)).Build()])
        {
            var error = await Assert.ThrowsAsync<GantryException>(() => store.ApplyLayerAsync(default, Digest.Of(tar), new MemoryStream(tar)));
            Assert.Contains("larger than allowed", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_wrong_digest()
    {
        var tar = new TarBuilder().File("f", "x").Build();
        var error = await Assert.ThrowsAsync<GantryException>(() => _fixture.Store.ApplyLayerAsync(default, Digest.Of("other"u8), new MemoryStream(tar)));

        Assert.Equal(ErrorKind.DataCorrupt, error.Kind);
        Assert.StartsWith("layer verification failed", error.Message, StringComparison.Ordinal);
        await NothingLeftAsync();
    }

    /// <summary>Any damage to a good archive is refused or makes a layer; nothing else is thrown, and nothing leaves the store's directory.</summary>
    [Fact]
    public void Damaged_archives_never_do_more_than_fail()
    {
        var good = new TarBuilder()
            .Directory("d").File("d/f", new string('c', 700)).Symlink("s", "d").Hardlink("h", "d/f").File(new string('l', 150), "long").File("d/.wh.x").Build();
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Bool).Array[1, 4].Sample(
            damages =>
            {
                var tar = good.ToArray();
                foreach (var (position, value, repair) in damages)
                {
                    tar[position] = value;
                    if (repair)
                    {
                        FixChecksum(tar, position / 512 * 512);
                    }
                }

                try
                {
                    _fixture.Store.ApplyLayerAsync(default, Digest.Of(tar), new MemoryStream(tar)).GetAwaiter().GetResult();
                }
                catch (GantryException e) when (e.Kind is ErrorKind.DataCorrupt or ErrorKind.Internal)
                {
                    Assert.NotEmpty(e.Message);
                }
            },
            iter: 400,
            threads: 2);

        Assert.Equal(["target"], Directory.GetFileSystemEntries(_outside.Path).Select(Path.GetFileName));
    }

    private Task RefusedAsync(TarBuilder tar, string because) => RefusedAsync(tar.Build(), because);

    private async Task RefusedAsync(byte[] tar, string because)
    {
        var error = await Assert.ThrowsAsync<GantryException>(() => _fixture.Store.ApplyLayerAsync(default, Digest.Of(tar), new TrickleStream(tar)));
        Assert.Equal(ErrorKind.DataCorrupt, error.Kind);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
        await NothingLeftAsync();
    }

    private async Task NothingLeftAsync()
    {
        await _fixture.Store.EmptyTrashAsync();
        Assert.Empty(_fixture.Store.Layers());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_fixture.Root, "tmp")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_fixture.Root, "trash")));
    }

    private static byte[] With(byte[] tar, int offset, string field)
    {
        var changed = tar.ToArray();
        Encoding.Latin1.GetBytes(field).CopyTo(changed, offset);
        FixChecksum(changed, 0);
        return changed;
    }

    private static void FixChecksum(byte[] tar, int block)
    {
        "        "u8.CopyTo(tar.AsSpan(block + 148));
        var sum = tar.AsSpan(block, 512).ToArray().Sum(b => b);
        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(tar, block + 148);
    }

    /// <summary>A file with content "x" under an extended header with the given records.</summary>
    private static byte[] Pax(string key, string value, params (string Key, string Value)[] more)
    {
        var records = new StringBuilder();
        foreach (var (k, v) in more.Prepend((key, value)))
        {
            var rest = k.Length + v.Length + 3;
            var length = rest + $"{rest}".Length;
            length = rest + $"{length}".Length;
            records.Append($"{length} {k}={v}\n");
        }

        return [.. Header("x", 'x', records.ToString()), .. new TarBuilder().File("f", "x").Build()];
    }

    private static byte[] Header(string name, char type, string content)
    {
        var tar = new TarBuilder().File(name, content).Build();
        tar[156] = (byte)type;
        FixChecksum(tar, 0);
        return tar[..^1024];
    }
}
