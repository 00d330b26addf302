using Gantry.IO.Tar;
using Gantry.Linux;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Storage.Tests.Layers;

/// <summary>What a layer's tar makes on disk and through overlayfs.</summary>
public sealed class UnpackTests : IDisposable
{
    private readonly LayerStoreFixture _fixture = new();

    private static ContainerLayerOptions Plain { get; } = new() { MountPoints = false };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Every_kind_of_file_with_all_its_attributes()
    {
        var capability = Convert.FromHexString("0100000200200000000000000000000000000000");
        var layer = await _fixture.ApplyAsync(new TarBuilder()
            .Directory("d", 0x3FF, user: 42)
            .Add(new TarEntry { Name = "d/ping", Kind = TarEntryKind.File, Mode = 0x9ED, ModifiedNanoseconds = 1_500_000_000_123_456_789, Xattrs = [new("security.capability", capability), new("user.note", [0, 255])] }, "content")
            .Symlink("d/link", "/etc/passwd")
            .Hardlink("d/hard", "d/ping")
            .Add(new TarEntry { Name = "d/null", Kind = TarEntryKind.CharacterDevice, Mode = 0x1B6, DeviceMajor = 1, DeviceMinor = 3, UserId = 1 })
            .Add(new TarEntry { Name = "d/disk", Kind = TarEntryKind.BlockDevice, Mode = 0x180, DeviceMajor = 259, DeviceMinor = 70000 })
            .Add(new TarEntry { Name = "d/pipe", Kind = TarEntryKind.Fifo, Mode = 0x1A4 })
            .Add(new TarEntry { Name = "d/\uDCFF\uDC80", Kind = TarEntryKind.File, Mode = 0x1A4 }, "not UTF-8"));

        var root = _fixture.Mount("c", layer.ChainId, Plain);
        FileStatus Stat(string name) => FileAt.Stat(FileAt.CurrentDirectory, $"{root}/{name}");

        Assert.Equal((0x3FF, 42u, 2_000_000_000_000_000_000), (Stat("d").Mode, Stat("d").UserId, Stat("d").ModifiedNanoseconds));
        Assert.Equal((0x9ED, 7L, 1_500_000_000_123_456_789), (Stat("d/ping").Mode, Stat("d/ping").Size, Stat("d/ping").ModifiedNanoseconds));
        Assert.Equal(capability, Xattrs.Get(FileAt.CurrentDirectory, $"{root}/d/ping", "security.capability"));
        Assert.Equal([0, 255], Xattrs.Get(FileAt.CurrentDirectory, $"{root}/d/ping", "user.note")!);
        Assert.Equal((FileKind.Symlink, 5_000_000_000), (Stat("d/link").Kind, Stat("d/link").ModifiedNanoseconds));
        Assert.Equal("/etc/passwd", new FileInfo($"{root}/d/link").LinkTarget);
        Assert.Equal((Stat("d/ping").Inode, 2u), (Stat("d/hard").Inode, Stat("d/hard").Links));
        Assert.Equal((FileKind.CharacterDevice, 0x1B6, 1u, 3u, 1u), (Stat("d/null").Kind, Stat("d/null").Mode, Stat("d/null").DeviceMajor, Stat("d/null").DeviceMinor, Stat("d/null").UserId));
        Assert.Equal((FileKind.BlockDevice, 259u, 70000u), (Stat("d/disk").Kind, Stat("d/disk").DeviceMajor, Stat("d/disk").DeviceMinor));
        Assert.Equal(FileKind.Fifo, Stat("d/pipe").Kind);
        Assert.Equal(9, Stat("d/\uDCFF\uDC80").Size);
        Assert.Equal(16 + "/etc/passwd".Length, layer.Size);
    }

    [Fact]
    public async Task Whiteouts_hide_lower_files_only()
    {
        var bottom = await _fixture.ApplyAsync(new TarBuilder()
            .File("gone").Directory("dir").File("dir/old").Directory("opq").File("opq/old").Directory("opq/sub").File("opq/sub/old").Directory("swap").File("swap/old"));
        var top = await _fixture.ApplyAsync(
            new TarBuilder()
                .File(".wh.gone")
                .File(".wh.never")
                .File("own", "stays").File(".wh.own")
                .Directory("own2").File("own2/new").File(".wh.own2")
                .File(".wh.dir").Directory("dir").File("dir/new")
                .Directory("opq").File("opq/.wh..wh..opq").File("opq/new")
                .File(".wh.swap").File("swap", "now a file")
                .File(".wh..wh.plnk", "aufs"),
            bottom.ChainId);

        var root = _fixture.Mount("c", top.ChainId, Plain);

        Assert.Equal(
            ["dir", "dir/new", "opq", "opq/new", "own", "own2", "own2/new", "swap"],
            Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)).Order(StringComparer.Ordinal));
        Assert.Equal("now a file", File.ReadAllText($"{root}/swap"));
    }

    [Fact]
    public async Task Directories_the_tar_only_passes_through_keep_their_attributes()
    {
        var bottom = await _fixture.ApplyAsync(new TarBuilder().Directory("tmp", 0x3FF, user: 3).Directory("a").Directory("a/b", 0x1C0, user: 4));
        var top = await _fixture.ApplyAsync(new TarBuilder().File("tmp/f").File("a/b/c/f"), bottom.ChainId);

        var root = _fixture.Mount("c", top.ChainId, Plain);
        (int, uint) Of(string name) => (FileAt.Stat(FileAt.CurrentDirectory, $"{root}/{name}").Mode, FileAt.Stat(FileAt.CurrentDirectory, $"{root}/{name}").UserId);

        Assert.Equal((0x3FF, 3u), Of("tmp"));
        Assert.Equal((0x1C0, 4u), Of("a/b"));
        Assert.Equal((0x1ED, 0u), Of("a/b/c"));
    }

    [Fact]
    public async Task Hard_links_into_lower_layers_are_copied_up()
    {
        var bottom = await _fixture.ApplyAsync(new TarBuilder().Directory("d").File("d/f", "lower", 0x1C0, user: 9));
        var middle = await _fixture.ApplyAsync(new TarBuilder().File("other"), bottom.ChainId);
        var top = await _fixture.ApplyAsync(new TarBuilder().Hardlink("h1", "d/f").Hardlink("h2", "h1").Hardlink("replaced", "/d/f").File("replaced", "own"), middle.ChainId);

        var root = _fixture.Mount("c", top.ChainId, Plain);

        Assert.Equal("lower", File.ReadAllText($"{root}/h1"));
        Assert.Equal((0x1C0, 9u, 2u), (Stat($"{root}/h1").Mode, Stat($"{root}/h1").UserId, Stat($"{root}/h1").Links));
        Assert.Equal(Stat($"{root}/h1").Inode, Stat($"{root}/h2").Inode);
        Assert.Equal("own", File.ReadAllText($"{root}/replaced"));

        static FileStatus Stat(string path) => FileAt.Stat(FileAt.CurrentDirectory, path);
    }

    [Fact]
    public async Task Sparse_files_stay_sparse()
    {
        using var directory = new TestDirectory();
        Shell.Run("truncate -s 64M f; printf end | dd of=f bs=1 seek=67108861 conv=notrunc status=none; tar -S --format=posix -cf a.tar f", directory.Path);
        var tar = File.ReadAllBytes(directory["a.tar"]);

        var layer = await _fixture.Store.ApplyLayerAsync(default, Digest.Of(tar), new MemoryStream(tar));

        var status = FileAt.Stat(FileAt.CurrentDirectory, Path.Combine(_fixture.Store.DiffDirectory(layer.ChainId), "f"));
        Assert.Equal(64 << 20, status.Size);
        Assert.InRange(status.Blocks * 512, 1, 1 << 20);
        Assert.Equal(tar, await TarOf(layer));
    }

    [Fact]
    public async Task Paths_through_the_layers_own_symlinks_stay_inside()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder()
            .Directory("usr").Directory("usr/bin").Symlink("bin", "usr/bin").File("bin/sh", "shell")
            .Symlink("abs", "/usr").File("abs/f", "1")
            .Symlink("dangling", "var/new").File("dangling/f", "2")
            .File("/absolute/name", "3").File("./a/../b", "4"));

        var root = _fixture.Mount("c", layer.ChainId, Plain);

        Assert.Equal("shell", File.ReadAllText($"{root}/usr/bin/sh"));
        Assert.Equal("1", File.ReadAllText($"{root}/usr/f"));
        Assert.Equal("2", File.ReadAllText($"{root}/var/new/f"));
        Assert.Equal("3", File.ReadAllText($"{root}/absolute/name"));
        Assert.Equal("4", File.ReadAllText($"{root}/b"));
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    [InlineData("ustar")]
    public async Task The_tar_comes_back_byte_for_byte(string format)
    {
        using var directory = new TestDirectory();
        var deep = format == "ustar" ? "x" : new string('x', 180);
        Shell.Run(
            $"""
            mkdir -p t/d/{deep}; cd t
            head -c 700000 /dev/urandom > big; echo small > d/{deep}/s; : > empty; ln big hard; ln -s nowhere sym
            truncate -s 1M hole
            tar --format={format} {(format == "ustar" ? string.Empty : "-S")} -cf ../a.tar .
            """,
            directory.Path);
        var tar = File.ReadAllBytes(directory["a.tar"]);

        var layer = await _fixture.Store.ApplyLayerAsync(default, Digest.Of(tar), new TrickleStream(tar));
        Assert.Equal(tar, await TarOf(layer));
        Assert.Equal(tar.Length, layer.TarSize);

        await _fixture.ReopenAsync();
        Assert.Equal(tar, await TarOf(_fixture.Store.Find(layer.ChainId)!));
    }

    [Fact]
    public async Task Also_when_it_says_things_twice()
    {
        var builder = new TarBuilder()
            .File("f", "first").File("g", "of g").Hardlink("h", "f").File("f", "second").File("f", "third")
            .Directory("d").File("d/x", "in d").File("d", "d is a file now").File(".wh.w", "a whiteout with content");

        var layer = await _fixture.ApplyAsync(builder);

        Assert.Equal(builder.Build(), await TarOf(layer));
        var root = _fixture.Mount("c", layer.ChainId, Plain);
        Assert.Equal(("third", "first", "d is a file now"), (File.ReadAllText($"{root}/f"), File.ReadAllText($"{root}/h"), File.ReadAllText($"{root}/d")));
    }

    [Fact]
    public async Task A_tampered_layer_is_not_given_out()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().File("f", "original"));
        File.WriteAllText(Path.Combine(_fixture.Store.DiffDirectory(layer.ChainId), "f"), "0riginal");

        await Assert.ThrowsAsync<Errors.GantryException>(() => TarOf(layer));
    }

    [Fact]
    public async Task Layers_of_an_image_unpack_in_any_order_and_at_once()
    {
        var tars = Enumerable.Range(0, 12).Select(i => new TarBuilder().Directory("d", 0x1C0 + i).File($"d/f{i}", $"{i}").File("x/y", $"{i}").Layer()).ToList();
        var chain = ChainId.Of([.. tars.Select(t => t.DiffId)]);

        await Task.WhenAll(Enumerable.Range(0, 12).Reverse().Select(i =>
            _fixture.Store.ApplyLayerAsync(i == 0 ? default : chain[i - 1], tars[i].DiffId, new TrickleStream(tars[i].Tar))));

        var root = _fixture.Mount("c", chain[^1], Plain);
        Assert.Equal(12, Directory.GetFiles($"{root}/d").Length);
        Assert.Equal("11", File.ReadAllText($"{root}/x/y"));
    }

    [Fact]
    public async Task Two_callers_share_one_unpack()
    {
        var (diffId, tar) = new TarBuilder().File("f", new string('x', 1 << 20)).Layer();
        var first = new GatedStream(tar);
        var second = new GatedStream(tar);

        var one = _fixture.Store.ApplyLayerAsync(default, diffId, first);
        await first.Started;
        var two = _fixture.Store.ApplyLayerAsync(default, diffId, second);
        first.Open();
        second.Open();

        Assert.Equal(await one, await two);
        Assert.Equal(0, second.BytesRead);
    }

    [Fact]
    public async Task When_the_first_caller_fails_the_next_one_unpacks()
    {
        var (diffId, tar) = new TarBuilder().File("f", new string('x', 1 << 20)).Layer();
        using var cancel = new CancellationTokenSource();
        var first = new GatedStream(tar);

        var one = _fixture.Store.ApplyLayerAsync(default, diffId, first, cancellationToken: cancel.Token);
        await first.Started;
        var two = _fixture.Store.ApplyLayerAsync(default, diffId, new MemoryStream(tar));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.Equal(diffId, (await two).DiffId);
    }

    private async Task<byte[]> TarOf(LayerInfo layer)
    {
        var tar = new MemoryStream();
        await _fixture.Store.WriteLayerTarAsync(layer.ChainId, tar);
        return tar.ToArray();
    }
}
