using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Storage.Tests.Layers;

public sealed class MountTests : IDisposable
{
    private readonly LayerStoreFixture _fixture = new();

    private static ContainerLayerOptions Plain { get; } = new() { MountPoints = false };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Layers_stack_and_changes_stay_in_the_container()
    {
        var bottom = await _fixture.ApplyAsync(new TarBuilder().Directory("etc").File("etc/a", "1").File("etc/b", "1"));
        var top = await _fixture.ApplyAsync(new TarBuilder().Directory("etc").File("etc/b", "2").File("etc/.wh.a"), bottom.ChainId);

        var root = _fixture.Mount("c1", top.ChainId, Plain);
        Assert.Equal("2", File.ReadAllText($"{root}/etc/b"));
        Assert.False(File.Exists($"{root}/etc/a"));
        File.WriteAllText($"{root}/etc/b", "3");

        Assert.Equal("2", File.ReadAllText($"{_fixture.Mount("c2", top.ChainId, Plain)}/etc/b"));
        Assert.Equal("1", File.ReadAllText($"{_fixture.Mount("c3", bottom.ChainId, Plain)}/etc/a"));
    }

    [Fact]
    public async Task A_mount_is_made_once_undone_and_made_again()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().File("f", "x"));
        var root = _fixture.Mount("c", layer.ChainId);
        _fixture.Store.Mount("c", root);
        File.WriteAllText($"{root}/new", "kept");

        _fixture.Store.Unmount(root);
        Assert.False(LayerStore.IsMounted(root));
        Assert.False(File.Exists($"{root}/f"));
        _fixture.Store.Unmount(root);

        await _fixture.ReopenAsync();
        _fixture.Store.Mount("c", root);
        Assert.Equal("kept", File.ReadAllText($"{root}/new"));
    }

    [Fact]
    public async Task Mount_points_are_there_but_are_no_change()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().Directory("etc", 0x1C0, user: 7).File("etc/hosts", "of the image").Symlink("proc", "elsewhere"));

        var root = _fixture.Mount("c", layer.ChainId);

        Assert.True(Directory.Exists($"{root}/dev/pts"));
        Assert.True(File.Exists($"{root}/.dockerenv"));
        Assert.Equal("/proc/mounts", new FileInfo($"{root}/etc/mtab").LinkTarget);
        Assert.Equal("of the image", File.ReadAllText($"{root}/etc/hosts"));
        Assert.Equal("elsewhere", new FileInfo($"{root}/proc").LinkTarget);
        var etc = FileAt.Stat(FileAt.CurrentDirectory, $"{root}/etc");
        Assert.Equal((0x1C0, 7u), (etc.Mode, etc.UserId));
        Assert.Empty(_fixture.Store.Changes("c"));
        File.Delete($"{root}/.dockerenv");
        Assert.Equal([new FileChange("/.dockerenv", FileChangeKind.Deleted)], _fixture.Store.Changes("c"));
    }

    [Fact]
    public async Task The_root_directory_is_the_images()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().Directory(".", 0x1ED, user: 5).File("f"));
        var top = await _fixture.ApplyAsync(new TarBuilder().File("g"), layer.ChainId);

        var root = FileAt.Stat(FileAt.CurrentDirectory, _fixture.Mount("c", top.ChainId));

        Assert.Equal((0x1ED, 5u), (root.Mode, root.UserId));
    }

    [Fact]
    public void An_image_without_layers_is_an_empty_root()
    {
        var root = _fixture.Mount("c", default, Plain);
        Assert.Empty(Directory.GetFileSystemEntries(root));
        File.WriteAllText($"{root}/f", "x");
    }

    [Fact]
    public async Task Five_hundred_layers_mount()
    {
        var parent = default(Digest);
        for (var i = 0; i < 498; i++)
        {
            parent = (await _fixture.ApplyAsync(new TarBuilder().File($"f{i}", $"{i}").File("last", $"{i}"), parent)).ChainId;
        }

        var root = _fixture.Mount("c", parent);

        Assert.Equal("497", File.ReadAllText($"{root}/last"));
        Assert.Equal("0", File.ReadAllText($"{root}/f0"));
        Assert.Equal("250", File.ReadAllText($"{root}/f250"));
    }

    [Fact]
    public async Task Volatile_layers_mount_again()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().File("f"));
        var options = new ContainerLayerOptions { Volatile = true };
        var root = _fixture.Mount("c", layer.ChainId, options);
        File.WriteAllText($"{root}/x", "1");
        _fixture.Store.Unmount(root);
        await _fixture.Store.EmptyTrashAsync();

        _fixture.Store.Mount("c", root);
        Assert.Equal("1", File.ReadAllText($"{root}/x"));
    }

    [Fact]
    public async Task Creating_needs_a_parent_and_a_free_valid_id()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder().File("f"));
        _fixture.Store.CreateContainerLayer("c", layer.ChainId);

        Assert.Equal(ErrorKind.Conflict, Fails("c", layer.ChainId));
        Assert.Equal(ErrorKind.NotFound, Fails("d", Digest.Of("no"u8)));
        Assert.Equal(ErrorKind.InvalidArgument, Fails("../x", layer.ChainId));
        Assert.Equal(ErrorKind.InvalidArgument, Fails("..", layer.ChainId));
        Assert.Equal(ErrorKind.InvalidArgument, Fails(string.Empty, layer.ChainId));
        Assert.True(_fixture.Store.RemoveContainerLayer("c"));
        Assert.False(_fixture.Store.RemoveContainerLayer("c"));
        _fixture.Store.CreateContainerLayer("c", layer.ChainId);
    }

    [Fact]
    public async Task Layers_in_use_stay()
    {
        var bottom = await _fixture.ApplyAsync(new TarBuilder().File("f"));
        var top = await _fixture.ApplyAsync(new TarBuilder().File("g"), bottom.ChainId);
        _fixture.Store.CreateContainerLayer("c", top.ChainId);

        Assert.Equal(ErrorKind.Conflict, Assert.Throws<GantryException>(() => _fixture.Store.RemoveLayer(bottom.ChainId)).Kind);
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<GantryException>(() => _fixture.Store.RemoveLayer(top.ChainId)).Kind);
        _fixture.Store.RemoveContainerLayer("c");
        Assert.True(_fixture.Store.RemoveLayer(top.ChainId));
        Assert.True(_fixture.Store.RemoveLayer(bottom.ChainId));
        Assert.False(_fixture.Store.RemoveLayer(bottom.ChainId));
        Assert.Empty(_fixture.Store.Layers());
        await _fixture.Store.EmptyTrashAsync();
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_fixture.Root, "trash")));
    }

    [Fact]
    public async Task A_view_shows_an_image_without_a_mount()
    {
        var bottom = await _fixture.ApplyAsync(new TarBuilder().Directory("d").File("d/f", "1"));
        var top = await _fixture.ApplyAsync(new TarBuilder().Directory("d").File("d/g", "2"), bottom.ChainId);
        var mounts = File.ReadAllText("/proc/self/mountinfo");

        using var view = _fixture.Store.OpenView(top.ChainId);
        var fd = FileAt.TryOpenRooted(view.Descriptor, "d", OpenAtFlags.Directory, ResolveFlags.InRoot);

        Assert.Equal(["f", "g"], DirectoryEntries.Read(fd).Select(e => e.Name).Order());
        FileAt.Close(fd);
        Assert.Equal(mounts, File.ReadAllText("/proc/self/mountinfo"));
    }

    private ErrorKind Fails(string id, Digest parent) => Assert.Throws<GantryException>(() => _fixture.Store.CreateContainerLayer(id, parent)).Kind;
}
